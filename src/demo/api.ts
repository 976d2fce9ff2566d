/** The service answered something else than was expected. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';

  constructor(readonly status: number, method: string, path: string, body: string) {
    super(`${method} ${path} was answered ${status}: ${body.slice(0, 1000)}`);
  }
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** The service's interface, as any program would use it. */
export class Api {
  constructor(private readonly url: string, private readonly key: string) {}

  async get<Body>(path: string): Promise<Body> {
    return await this.send<Body>('GET', path);
  }

  async post<Body>(path: string, body: object): Promise<Body> {
    return await this.send<Body>('POST', path, body);
  }

  /** Every item of a list. */
  async all<Item>(path: string): Promise<Item[]> {
    const found: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const at: string = `${path}${path.includes('?') ? '&' : '?'}limit=1000${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const { items, nextCursor }: Page<Item> = await this.get(at);
      found.push(...items);
      cursor = nextCursor;
    }
    return found;
  }

  private async send<Body>(method: string, path: string, body?: object): Promise<Body> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new UnexpectedAnswer(response.status, method, path, text);
    return JSON.parse(text) as Body;
  }
}
