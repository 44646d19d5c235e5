// Express with the package cors: one small application for each configuration.
// See ../../node_test.go for the results in browsers.
import express from 'express'
import cors from 'cors'

const app = express()

// notes adds the same routes to each application.
function notes(router) {
  router.get('/notes', (req, res) => {
    res.set('X-Total-Count', '1').json([{ note: 'hello' }])
  })
  router.post('/notes', (req, res) => res.sendStatus(201))
  router.delete('/notes', (req, res) => res.sendStatus(204))
  router.get('/fail', () => {
    throw new Error('the database is not reachable')
  })
  return router
}

// mount serves the notes with some middleware.
function mount(path, ...middleware) {
  const router = express.Router()
  middleware.forEach((m) => router.use(m))
  app.use(path, notes(router))
}

mount('/none')
mount('/default', cors())
mount('/credentials', cors({ credentials: true }))
mount('/any-origin', cors({ origin: true, credentials: true }))
mount('/fixed', cors({ origin: 'http://localhost:3000' }))
mount('/list', cors({ origin: ['http://localhost:3000', 'https://app.example'], credentials: true, exposedHeaders: 'X-Total-Count' }))
mount('/slash', cors({ origin: 'http://localhost:3000/' }))
mount('/slash-in-list', cors({ origin: ['http://localhost:3000/'] }))
mount('/comma', cors({ origin: 'http://localhost:3000,https://app.example' }))
mount('/regexp', cors({ origin: /localhost:3000/ }))
mount('/headers', cors({ allowedHeaders: ['Content-Type'] }))
mount('/lower-case', cors({ methods: ['get', 'post', 'delete'] }))

// Authentication that comes first also runs for preflights, which have no token.
const token = (req, res, next) => (req.headers.authorization ? next() : res.sendStatus(401))
mount('/token-first', token, cors())
mount('/token-after', cors(), token)

// A middleware after the routes does not run for their requests.
const late = notes(express.Router())
late.use(cors())
app.use('/late', late)

// cors() on a GET route does not respond to OPTIONS of the same path.
const route = express.Router()
route.get('/notes', cors(), (req, res) => res.json([]))
route.delete('/notes', cors(), (req, res) => res.sendStatus(204))
app.use('/route', route)

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
