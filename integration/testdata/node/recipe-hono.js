// node recipe-hono.js RECIPE UPSTREAM: a Hono application with a recipe.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { ask, stray } from './recipe-application.js'

const [recipe, upstream] = process.argv.slice(2)
const { cors } = await import(recipe)

const app = new Hono()
app.use(cors)
app.get('/throw', (c) => {
  for (const [name, value] of Object.entries(stray)) c.header(name, value)
  throw new Error('the database is away')
})
// An exception may bring its own response.
app.get('/refuse', () => {
  throw new HTTPException(403, { res: new Response('not yours', { status: 403, headers: stray }) })
})
// The headers of what fetch() returns can't be changed.
app.get('/proxied', () => fetch(upstream + '/'))
app.all('*', async (c) => {
  const { status, headers, body } = await ask(upstream, c.req.method, c.req.path)
  return c.body(body, status, headers)
})

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => console.log(`http://127.0.0.1:${info.port}`))
