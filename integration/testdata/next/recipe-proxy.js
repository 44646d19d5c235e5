// node recipe-proxy.js RECIPE UPSTREAM: runs a recipe's two files without Next.js, which
// would need a build per policy, but with its request and response classes. It applies
// the proxy's headers to a response as Next.js does.
import { createServer } from 'node:http'
import { register } from 'node:module'

// Node needs the file name next/server.js; the bundler of Next.js does not.
const hook = `export const resolve = (name, context, next) =>
  next(name === 'next/server' ? 'next/server.js' : name, context)`
register('data:text/javascript,' + encodeURIComponent(hook))

const [recipe, upstream] = process.argv.slice(2)
const { NextRequest } = await import('next/server')
const { proxy } = await import(recipe + '/proxy.js')
const { underPolicy } = await import(recipe + '/cors.js')

const handler = underPolicy((request) => fetch(upstream + new URL(request.url).pathname, { method: request.method }))

const server = createServer(async (req, res) => {
  const request = new NextRequest(`http://${req.headers.host}${req.url}`, { method: req.method, headers: req.headers })
  let response = proxy(request)
  for (const [name, value] of response.headers) if (!name.startsWith('x-middleware-')) res.setHeader(name, value)
  if (response.headers.has('x-middleware-next')) {
    response = await handler(request)
    for (const [name, value] of response.headers) {
      if (name === 'vary' || (name !== 'content-length' && !res.hasHeader(name))) res.appendHeader(name, value)
    }
  }
  res.writeHead(response.status).end(Buffer.from(await response.arrayBuffer()))
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
