// Express with the cors package: one small application for each way of
// configuring it. See ../../node_test.go for what a browser makes of them.
import express from 'express'
import cors from 'cors'

const app = express()

// notes is the same in all of them.
function notes(router) {
  router.get('/notes', (req, res) => {
    res.set('X-Total-Count', '1').json([{ note: 'hello' }])
  })
  router.post('/notes', (req, res) => res.sendStatus(201))
  router.delete('/notes', (req, res) => res.sendStatus(204))
  router.get('/fail', () => {
    throw new Error('the database is away')
  })
  return router
}

// mount serves the notes after some middleware.
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

// Who asks for a token first asks it of preflights too.
const token = (req, res, next) => (req.headers.authorization ? next() : res.sendStatus(401))
mount('/token-first', token, cors())
mount('/token-after', cors(), token)

// A middleware that comes after the routes never sees their requests.
const late = notes(express.Router())
late.use(cors())
app.use('/late', late)

// cors() on a route's GET does not answer the OPTIONS of the same path.
const route = express.Router()
route.get('/notes', cors(), (req, res) => res.json([]))
route.delete('/notes', cors(), (req, res) => res.sendStatus(204))
app.use('/route', route)

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
