// The application that a recipe is applied to. It passes requests to the server at
// upstream. See ../../recipes_node_test.go.

/** Returns the response of the server at upstream, without the headers of its connection. */
export async function fetchUpstream(upstream, method, path) {
  const response = await fetch(upstream + path, { method, redirect: 'manual' })
  const headers = Object.fromEntries(response.headers)
  for (const name of ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']) delete headers[name]
  return { status: response.status, headers, body: method === 'HEAD' ? '' : await response.text() }
}

/** CORS headers that the application sends itself, and that the policy must replace. */
export const ownCORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Expose-Headers': 'X-Stray',
}
