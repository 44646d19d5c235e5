import { createServer } from 'node:http'
import { Server } from 'socket.io'
const httpServer = createServer((req, res) => res.writeHead(404).end())

LINES

io.engine.on('headers', (headers) => { headers['X-Total-Count'] = '1' })
httpServer.listen(0, '127.0.0.1', () => console.log(`INDEX http://127.0.0.1:${httpServer.address().port}`))
