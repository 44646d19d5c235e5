// Vite's dev server with server.proxy.
import { createServer } from "vite";

const server = await createServer({
  configFile: false,
  logLevel: "error",
  optimizeDeps: { noDiscovery: true },
  server: { host: "127.0.0.1", port: 0, proxy: { "/api": { target: process.argv[2], changeOrigin: true } } },
});
await server.listen();
console.log(`http://127.0.0.1:${server.httpServer.address().port}`);
