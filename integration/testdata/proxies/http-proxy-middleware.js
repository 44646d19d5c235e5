// One proxy with http-proxy-middleware in Express, as its documents show it. The argument keep-alive reuses
// connections to the API.
import http from "node:http";
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";

const agent = process.argv[3] === "keep-alive" ? new http.Agent({ keepAlive: true }) : undefined;
const app = express();
app.use(createProxyMiddleware({ target: process.argv[2], changeOrigin: true, agent }));
const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
