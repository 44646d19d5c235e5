// node recipe-hono.js RECIPE UPSTREAM: a Hono application with a recipe.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { fetchUpstream, ownCORS } from './recipe-application.js'

const [recipe, upstream] = process.argv.slice(2)
const { cors } = await import(recipe)

const app = new Hono()
app.use(cors)
app.get('/throw', (c) => {
  for (const [name, value] of Object.entries(ownCORS)) c.header(name, value)
  throw new Error('the database is away')
})
// An exception can have its own response.
app.get('/refuse', () => {
  throw new HTTPException(403, { res: new Response('not yours', { status: 403, headers: ownCORS }) })
})
// The headers of fetch()'s response are immutable.
app.get('/proxied', () => fetch(upstream + '/'))
app.all('*', async (c) => {
  const { status, headers, body } = await fetchUpstream(upstream, c.req.method, c.req.path)
  return c.body(body, status, headers)
})

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => console.log(`http://127.0.0.1:${info.port}`))
