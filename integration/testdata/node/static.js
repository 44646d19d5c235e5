// node static.js FOLDER [RECIPE]: Express serves the files of a folder, and two routes by name.
import express from 'express'

const [folder, recipe] = process.argv.slice(2)

const app = express()
if (recipe) app.use((await import(recipe)).cors)
app.use(express.static(folder))
app.get('/private/by-name', (req, res) => res.send('secret'))

const server = app.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
