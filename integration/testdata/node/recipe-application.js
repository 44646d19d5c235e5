// The application around which a recipe is put: what it answers, another server
// has said. See ../../recipes_node_test.go.

/** What the server at upstream answers, with all of its headers but those of the connection. */
export async function ask(upstream, method, path) {
  const response = await fetch(upstream + path, { method, redirect: 'manual' })
  const headers = Object.fromEntries(response.headers)
  for (const name of ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']) delete headers[name]
  return { status: response.status, headers, body: method === 'HEAD' ? '' : await response.text() }
}

/** What an application should not say of CORS itself, and says before it throws, or by a side door. */
export const stray = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Expose-Headers': 'X-Stray',
}
