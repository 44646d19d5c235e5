const express = require('express')
const app = express()

LINES

app.get('/', (req, res) => res.set('X-Total-Count', '1').send('hello'))
const server = app.listen(0, '127.0.0.1', () => console.log(`INDEX http://127.0.0.1:${server.address().port}`))
