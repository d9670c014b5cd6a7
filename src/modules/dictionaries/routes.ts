import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  invalidFields,
  listSchema,
  pageQuerySchema,
  principalOf,
  problems,
  requireUser,
} from '../../platform/http'
import type { DictionariesModule } from './index'
import {
  changedDictionarySchema,
  dictionaryItemSchema,
  dictionaryParamsSchema,
  dictionarySchema,
  dictionaryVersionItemSchema,
  dictionaryVersionSchema,
  newDictionarySchema,
  versionParamsSchema,
} from './schemas'

const tags = ['dictionaries']
const path = '/api/dictionaries'
/** Ten thousand entries of usual length. */
const bodyLimit = 8 * 1024 * 1024

export function dictionaryRoutes(dictionaries: DictionariesModule): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireUser)

    app.post(
      path,
      {
        config: { scope: 'dictionaries:write', idempotent: true },
        bodyLimit,
        schema: {
          tags,
          summary: 'Make a pronunciation dictionary',
          body: newDictionarySchema,
          response: { 201: dictionarySchema, ...problems(400, 401, 409, 413) },
        },
      },
      async (request, reply) => {
        const { name, entries } = request.body
        const made = await dictionaries.create(principalOf(request).userId, name, entries)
        reply.code(201).header('etag', etagOf(made.version))
        return made
      },
    )

    app.get(
      path,
      {
        config: { scope: 'dictionaries:read' },
        schema: {
          tags,
          summary: 'Your pronunciation dictionaries, newest first, without their entries',
          querystring: pageQuerySchema,
          response: { 200: listSchema(dictionaryItemSchema), ...problems(400, 401) },
        },
      },
      (request) => dictionaries.list(principalOf(request).userId, path, request.query),
    )

    app.get(
      `${path}/:id`,
      {
        config: { scope: 'dictionaries:read' },
        schema: {
          tags,
          summary: 'A pronunciation dictionary; its version is its ETag',
          params: dictionaryParamsSchema,
          response: { 200: dictionarySchema, ...problems(401, 404) },
        },
      },
      async (request, reply) => {
        const found = await dictionaries.get(principalOf(request).userId, request.params.id)
        reply.header('etag', etagOf(found.version))
        return found
      },
    )

    app.put(
      `${path}/:id`,
      {
        config: { scope: 'dictionaries:write' },
        bodyLimit,
        schema: {
          tags,
          summary: 'Replace the entries of a dictionary: adds a version',
          description:
            'States the version that was changed, in `If-Match` or in `version`; where there is a newer one by now, the answer is 409.',
          params: dictionaryParamsSchema,
          headers: z.object({ 'if-match': z.string().optional() }),
          body: changedDictionarySchema,
          response: { 200: dictionarySchema, ...problems(400, 401, 404, 409, 413) },
        },
      },
      async (request, reply) => {
        const { name, entries, version } = request.body
        const base = changedVersion(request.headers['if-match'], version)
        const changed = await dictionaries.change(principalOf(request).userId, request.params.id, {
          name,
          entries,
          base,
        })
        reply.header('etag', etagOf(changed.version))
        return changed
      },
    )

    app.delete(
      `${path}/:id`,
      {
        config: { scope: 'dictionaries:write' },
        schema: {
          tags,
          summary: 'Delete a dictionary with all its versions',
          params: dictionaryParamsSchema,
          response: { 204: z.null(), ...problems(401, 404) },
        },
      },
      async (request, reply) => {
        await dictionaries.remove(principalOf(request).userId, request.params.id)
        reply.code(204)
        return null
      },
    )

    app.get(
      `${path}/:id/versions`,
      {
        config: { scope: 'dictionaries:read' },
        schema: {
          tags,
          summary: 'The versions of a dictionary, oldest first, without their entries',
          params: dictionaryParamsSchema,
          response: { 200: listSchema(dictionaryVersionItemSchema), ...problems(401, 404) },
        },
      },
      async (request) => {
        const data = await dictionaries.versions(principalOf(request).userId, request.params.id)
        return { object: 'list' as const, url: request.url, has_more: false, data }
      },
    )

    app.get(
      `${path}/:id/versions/:version`,
      {
        config: { scope: 'dictionaries:read' },
        schema: {
          tags,
          summary: 'A version of a dictionary',
          params: versionParamsSchema,
          response: { 200: dictionaryVersionSchema, ...problems(400, 401, 404) },
        },
      },
      (request) => {
        const { id, version } = request.params
        return dictionaries.version(principalOf(request).userId, id, version)
      },
    )
  }
}

function etagOf(version: number): string {
  return `"${version}"`
}

/** @throws AppError `validation_failed` where neither says it, or both differ. */
function changedVersion(ifMatch: string | undefined, version: number | undefined): number {
  const matched = ifMatch === undefined ? undefined : Number(/^"?(\d+)"?$/.exec(ifMatch.trim())?.[1])
  if (matched !== undefined && Number.isNaN(matched)) {
    throw invalidFields([{ field: 'if-match', message: 'Give the ETag of the version that you changed.' }])
  }
  const base = matched ?? version
  if (base === undefined || (version !== undefined && version !== base)) {
    throw invalidFields([
      { field: 'version', message: 'State which version you changed, here or in If-Match.' },
    ])
  }
  return base
}
