const batchSize = 5_000;

/** A tenant's service over HTTP; `progress` is told how far a load has come. */
export function client(url, apiKey, progress = () => {}) {
  return { inBatches, all, send };

  async function inBatches(what, items, post) {
    for (let at = 0; at < items.length; at += batchSize) {
      const { failed } = await post(items.slice(at, at + batchSize));
      if (failed.length > 0) throw new Error(`${failed.length} ${what} were refused, the first: ${JSON.stringify(failed[0])}`);
      progress(`${Math.min(at + batchSize, items.length).toLocaleString('en')} of ${items.length.toLocaleString('en')} ${what}`);
    }
  }

  /** Every item of a list, page by page. */
  async function all(path) {
    const items = [];
    for (let cursor = null; ;) {
      const page = await send('GET', `${path}?limit=1000${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      items.push(...page.items);
      cursor = page.nextCursor;
      if (cursor === null) return items;
    }
  }

  async function send(method, path, body) {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }
}
