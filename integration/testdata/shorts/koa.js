const Koa = require('koa')
const app = new Koa()

LINES

app.use((ctx) => {
  if (ctx.path !== '/') return
  ctx.set('X-Total-Count', '1')
  ctx.body = 'hello'
})
const server = app.listen(0, '127.0.0.1', () => console.log(`INDEX http://127.0.0.1:${server.address().port}`))
