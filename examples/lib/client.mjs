const batchSize = 5_000;

/** A tenant's service over HTTP; `progress` is told how far a load has come. */
export function client(url, apiKey, progress = () => {}) {
  return { inBatches, all, send, importFile };

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
    return await request(method, path, body === undefined ? undefined : JSON.stringify(body), 'application/json');
  }

  /** A file as it is, answered when the last of its rows is applied. */
  async function importFile(query, text) {
    let found = await request('POST', `/imports?${new URLSearchParams(query)}`, text, 'text/csv');
    while (['queued', 'running'].includes(found.status)) {
      await new Promise(resolve => { setTimeout(resolve, 200); });
      found = await send('GET', `/imports/${found.id}`);
      progress(`${(found.created + found.skipped).toLocaleString('en')} of ${found.total.toLocaleString('en')} rows`);
    }
    if (found.status !== 'succeeded' || found.failed > 0) throw new Error(`The import is ${JSON.stringify(found)}`);
    return found;
  }

  async function request(method, path, body, type) {
    const response = await fetch(`${url}/api/v1${path}`, {
      method, body, headers: { authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { 'content-type': type }) },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }
}
