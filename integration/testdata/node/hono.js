// Hono with its CORS middleware: one small application for each configuration.
// See ../../node_test.go for the results in browsers.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { basicAuth } from 'hono/basic-auth'
import { cors } from 'hono/cors'
import { HTTPException } from 'hono/http-exception'

const app = new Hono()

// notes adds the same routes to each application.
function notes(router) {
  router.get('/notes', (c) => c.json([{ note: 'hello' }], 200, { 'X-Total-Count': '1' }))
  router.post('/notes', (c) => c.body(null, 201))
  router.delete('/notes', (c) => c.body(null, 204))
  router.get('/refuse', () => {
    throw new HTTPException(403, { message: 'not yours' })
  })
  // An exception can contain a response.
  router.get('/refuse-with-response', () => {
    throw new HTTPException(403, { res: new Response('not yours', { status: 403 }) })
  })
  router.get('/fail', () => {
    throw new Error('the database is not reachable')
  })
  // The response of a proxied fetch() is returned unchanged.
  router.get('/proxied', () => new Response('[]', { headers: { 'Access-Control-Allow-Origin': 'https://app.example' } }))
  return router
}

// mount serves the notes with some middleware.
function mount(path, ...middleware) {
  const router = new Hono()
  middleware.forEach((m) => router.use(m))
  app.route(path, notes(router))
}

mount('/default', cors())
mount('/credentials', cors({ credentials: true }))
mount('/fixed', cors({ origin: 'http://localhost:3000', credentials: true, exposeHeaders: ['X-Total-Count'] }))
mount('/slash', cors({ origin: 'http://localhost:3000/' }))
mount('/function', cors({ origin: (origin) => (origin.endsWith('localhost:3000') ? origin : null), credentials: true }))
mount('/fallback', cors({ origin: (origin) => (origin === 'https://app.example' ? origin : 'https://app.example') }))
mount('/headers', cors({ origin: '*', allowHeaders: ['Content-Type'] }))
mount('/lower-case', cors({ origin: '*', allowMethods: ['get', 'delete'] }))
mount('/password-first', basicAuth({ username: 'a', password: 'b' }), cors())
mount('/password-after', cors(), basicAuth({ username: 'a', password: 'b' }))

// A middleware after the routes does not run for their requests.
const late = notes(new Hono())
late.use(cors())
app.route('/late', late)

// A middleware for another path does not run either.
app.use('/api', cors())
app.route('/api/v1', notes(new Hono()))

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => {
  console.log(`http://127.0.0.1:${info.port}`)
})
