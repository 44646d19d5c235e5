import { serve } from '@hono/node-server'
import { Hono } from 'hono'
const app = new Hono()

LINES

app.get('/', (c) => c.text('hello', 200, { 'X-Total-Count': '1' }))
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => console.log(`INDEX http://127.0.0.1:${info.port}`))
