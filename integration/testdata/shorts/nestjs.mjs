import 'reflect-metadata'
import { Controller, Get, Header, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

// The decorators of TypeScript are calls of functions.
class Notes {
  hello() {
    return 'hello'
  }
}
const hello = [Notes.prototype, 'hello', Object.getOwnPropertyDescriptor(Notes.prototype, 'hello')]
Header('X-Total-Count', '1')(...hello)
Get()(...hello)
Controller()(Notes)
class AppModule {}
Module({ controllers: [Notes] })(AppModule)

const app = await NestFactory.create(AppModule, { logger: false })
LINES
await app.listen(0, '127.0.0.1')
console.log(`INDEX http://127.0.0.1:${app.getHttpServer().address().port}`)
