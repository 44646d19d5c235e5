// Serves handlers that take a Request and return a Response, each a module named by an argument.
import { createServer } from 'node:http'

for (const [index, file] of process.argv.slice(2).entries()) {
  let serve
  globalThis.Deno = { serve: (handler) => { serve = handler } }
  globalThis.handle = async (request) => {
    const found = new URL(request.url).pathname === '/' && request.method !== 'OPTIONS'
    return new Response(found ? 'hello' : null, { status: found ? 200 : 404, headers: { 'X-Total-Count': '1' } })
  }
  const module = await import(file)
  serve ??= module.default.fetch?.bind(module.default) ?? module.default
  const server = createServer(async (incoming, outgoing) => {
    const request = new Request('http://127.0.0.1' + incoming.url, { method: incoming.method, headers: incoming.headers })
    const response = await serve(request, {}, {})
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  })
  server.listen(0, '127.0.0.1', () => console.log(`${index} http://127.0.0.1:${server.address().port}`))
}
