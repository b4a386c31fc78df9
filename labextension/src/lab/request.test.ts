import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { DagbookServer, Refusal, Routes, explain } from './request';

const trans = nullTranslator.load('dagbook');

function server(answer: (url: string) => Response): DagbookServer {
  const fetch = (input: RequestInfo | URL): Promise<Response> =>
    Promise.resolve().then(() => answer(input instanceof Request ? input.url : String(input)));
  return new DagbookServer(
    ServerConnection.makeSettings({ baseUrl: 'http://lab.test/user/ada/', fetch })
  );
}

async function refused(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it was answered');
    },
    (error: unknown) => error
  );
}

test('routes are asked below the base URL, with their arguments', async () => {
  const asked: string[] = [];
  const dagbook = server(url => {
    // JupyterLab adds the time of day, against caches.
    asked.push(url.replace(/^http:\/\/lab\.test/, '').replace(/[?&]\d{13}$/, ''));
    return Response.json({ runs: [], entries: [] });
  });

  await dagbook.runs(50);
  await dagbook.runs(50, '20261122-1');
  await dagbook.entries('20261122-1', 7);
  await dagbook.notebook('20261122-1', 'train[0]/x');

  expect(asked).toEqual([
    '/user/ada/dagbook/api/runs?limit=50',
    '/user/ada/dagbook/api/runs?limit=50&before=20261122-1',
    '/user/ada/dagbook/api/runs/20261122-1/events?after=7',
    '/user/ada/dagbook/api/runs/20261122-1/steps/train%5B0%5D%2Fx/notebook'
  ]);
});

test('what is sent is said to be JSON', async () => {
  const kinds: (string | null)[] = [];
  const fetch = (input: RequestInfo | URL): Promise<Response> => {
    kinds.push(input instanceof Request ? input.headers.get('Content-Type') : null);
    return Promise.resolve(Response.json({}));
  };
  const settings = ServerConnection.makeSettings({ baseUrl: 'http://lab.test/', fetch });

  await new Routes(settings).ask(['services', 'churn', 'invocations'], { body: { inputs: [1] } });

  expect(kinds).toEqual(['application/json']);
});

test('a refusal carries the server’s words', async () => {
  const said = { message: 'no such run', code: 'unknown-run', remedy: 'list them' };
  const dagbook = server(() => Response.json(said, { status: 404 }));

  const error = await refused(dagbook.entries('ghost', 0));

  expect(error).toBeInstanceOf(Refusal);
  expect(error).toMatchObject({ ...said, status: 404 });
  expect(explain(error, trans)).toEqual({ message: 'no such run', remedy: 'list them' });
});

test('a page that is not ours means that the server extension is missing', async () => {
  const dagbook = server(() => new Response('<html>404</html>', { status: 404 }));

  const fault = explain(await refused(dagbook.runs(50)), trans);

  expect(fault.message).toContain('server extension is not running');
  expect(fault.remedy).toContain('jupyter server extension list');
});

test('a server that is away is called that', async () => {
  const dagbook = server(() => {
    throw new TypeError('Failed to fetch');
  });

  const fault = explain(await refused(dagbook.runs(50)), trans);

  expect(fault.message).toBe('The Jupyter server does not answer.');
});
