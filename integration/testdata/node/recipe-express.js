// node recipe-express.js RECIPE UPSTREAM: an Express application with a recipe.
import express from 'express'
import { fetchUpstream, ownCORS } from './recipe-application.js'

const [recipe, upstream] = process.argv.slice(2)
const { cors } = await import(recipe)

const app = express()
app.disable('x-powered-by')
app.use(cors)
app.get('/throw', (req, res) => {
  res.set(ownCORS)
  throw new Error('the database is away')
})
app.get('/raw', (req, res) => res.writeHead(200, 'OK', ownCORS).end())
app.get('/list', (req, res) => res.writeHead(200, Object.entries(ownCORS).flat()).end())
app.get('/stream', (req, res) => {
  res.set(ownCORS)
  res.write('one, ')
  res.end('two')
})
app.use(async (req, res) => {
  const { status, headers, body } = await fetchUpstream(upstream, req.method, req.originalUrl)
  res.status(status).set(headers).send(body)
})

const server = app.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
