// Becoming a customer, logging in and out. Schemas by ArkType.

import { conflict, created, defineGroup, defineRoute, noContent, ok, unauthorized } from 'lanner'
import { type } from 'arktype'

import { Problem } from '../common.ts'
import { addUser, giveToken, takeTokens, userOf, userWithPassword } from './users.ts'

const User = type({
  id: 'number.integer',
  email: 'string',
  name: 'string',
  role: '"customer" | "clerk"',
})

const Registration = type({
  email: 'string.email',
  name: '1 <= string <= 100',
  password: '12 <= string <= 200',
})

const register = defineRoute(
  'POST',
  '/register',
  {
    name: 'register',
    summary: 'Becomes a customer',
    body: Registration,
    responses: { 201: User, 409: Problem },
  },
  async ({ body, services }) => {
    const user = await addUser(services.database, { ...body, role: 'customer' })
    return user === undefined ? conflict('this address is taken') : created('/api/auth/me', user)
  },
)

const logIn = defineRoute(
  'POST',
  '/login',
  {
    name: 'logIn',
    summary: 'A token for an address and a password',
    body: type({ email: 'string', password: 'string <= 200' }),
    responses: { 200: type({ token: 'string', expires: 'string', user: User }), 401: Problem },
  },
  async ({ body, services: { database } }) => {
    const user = await userWithPassword(database, body.email, body.password)
    if (user === undefined) return unauthorized('no such address with this password', 'Bearer')
    return ok({ ...giveToken(database, user), user }).header('cache-control', 'no-store')
  },
)

const logOut = defineRoute(
  'POST',
  '/logout',
  {
    name: 'logOut',
    summary: 'Makes all tokens of the customer worthless',
    auth: true,
    responses: { 204: null },
  },
  (ctx) => {
    takeTokens(ctx.services.database, userOf(ctx))
    return noContent()
  },
)

const me = defineRoute(
  'GET',
  '/me',
  { name: 'getMe', summary: 'Who the token stands for', auth: true, responses: { 200: User } },
  (ctx) => ok(userOf(ctx)),
)

export const auth = defineGroup('/auth', { tags: ['auth'] }, [register, logIn, logOut, me])
