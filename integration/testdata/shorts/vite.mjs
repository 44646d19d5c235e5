import { createServer } from 'vite'

// The dev server responds to / with a page that a plugin serves.
const notes = {
  name: 'notes',
  configureServer(server) {
    server.middlewares.use((req, res, next) => {
      if (req.url !== '/') return next()
      res.setHeader('X-Total-Count', '1')
      res.end('hello')
    })
  },
}
const config = {
  LINES
}
const server = await createServer({
  ...config, configFile: false, logLevel: 'silent', appType: 'custom', plugins: [notes], optimizeDeps: { noDiscovery: true },
  server: { ...config.server, host: '127.0.0.1', port: 0, strictPort: false, hmr: false, ws: false, watch: null },
})
await server.listen()
console.log(`INDEX http://127.0.0.1:${server.httpServer.address().port}`)
