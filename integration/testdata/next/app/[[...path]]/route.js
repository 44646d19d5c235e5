// The application that the recipe is applied to. It passes requests to the server at
// UPSTREAM. See ../../../../recipes_node_test.go.
import { underPolicy } from '../../cors.js'

export const dynamic = 'force-dynamic'

const handler = underPolicy(async (request) => {
  const { pathname } = new URL(request.url)
  if (pathname === '/throw') throw new Error('the database is away')
  return fetch(process.env.UPSTREAM + pathname, { method: request.method, cache: 'no-store' })
})

export { handler as GET, handler as HEAD, handler as OPTIONS, handler as POST, handler as PUT }
