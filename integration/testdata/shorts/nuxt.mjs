import { createServer } from 'node:http'
import * as h3 from 'h3'

Object.assign(globalThis, h3) // Nuxt and Nitro import these for every file
const { default: middleware } = await import('data:text/javascript,' + encodeURIComponent(String.raw`LINES`))

const app = h3.createApp()
app.use(middleware)
app.use('/throw', h3.eventHandler(() => {
  throw new Error('the database is away')
}))
app.use('/', h3.eventHandler((event) => {
  if (event.path !== '/') return
  h3.setResponseHeader(event, 'X-Total-Count', '1')
  return 'hello'
}))
const server = createServer(h3.toNodeListener(app))
server.listen(0, '127.0.0.1', () => console.log(`INDEX http://127.0.0.1:${server.address().port}`))
