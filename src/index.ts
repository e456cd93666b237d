// The public surface of the package, and nothing else.

export { App } from './app.js'
export { HttpError, LannerError } from './errors.js'
export { serve } from './fetch/serve.js'
export { file } from './file-result.js'
export { HeaderSet } from './header-set.js'
export { routeOptions } from './routing/carrier.js'
export {
  accepted,
  badRequest,
  conflict,
  created,
  forbidden,
  html,
  noContent,
  notFound,
  ok,
  problem,
  redirect,
  Result,
  stream,
  unauthorized,
} from './results.js'
export { Problem } from './schema/problem.js'
export { ValidationError } from './validation-error.js'
export { defineGroup, defineRoute, defineRoute as route } from './routing/endpoint.js'
export { sseEvents } from './streaming/event-schemas.js'
export { sse } from './streaming/events.js'
export { jsonLines } from './streaming/json-lines.js'
export { jsonLinesOf, mediaOf } from './streaming/stream-schemas.js'

export type { AppOptions } from './app.js'
export type { BodySource } from './body/source.js'
export type { StreamBody } from './body/sink.js'
export type { Context } from './context.js'
export type { AssumedOrigin, ConnectionInfo } from './origin.js'
export type { Reply } from './prepare.js'
export type { CookieOptions, Cookies } from './cookies.js'
export type { CorsPolicy, OriginTest } from './cors-policy.js'
export type { EndpointOptions, TcpKeepAliveOptions } from './endpoints.js'
export type { ErrorCode } from './error-codes.js'
export type {
  FetchErrorHandler,
  FetchHandler,
  FetchObject,
  FetchServerObject,
  FetchServerResult,
} from './fetch/handler.js'
export type { FetchInfo, NetworkAddress, RequestPriority } from './fetch/info.js'
export type { FileOptions } from './file-result.js'
export type { ServeOptions } from './fetch/serve.js'
export type { Serving } from './fetch/serving.js'
export type { HttpErrorOptions } from './errors.js'
export type {
  AnyInput,
  AnyParams,
  AnyState,
  ErrorHandler,
  Filter,
  Handler,
  Middleware,
  Next,
  RawInput,
} from './handler.js'
export type { HeaderView } from './headers.js'
export type { RequestHook, ResponseHook, ResponseInfo, ServerHook } from './hooks.js'
export type { InjectCookie } from './inject/cookies.js'
export type { InjectFields, InjectOptions, InjectValue } from './inject/request.js'
export type { InjectResponse } from './inject/response.js'
export type { FormOptions, MultipartOptions } from './multipart/limits.js'
export type { Part } from './multipart/part.js'
export type { SpooledFile } from './multipart/spool.js'
export type { PeerAddress } from './native/address.js'
export type { Duration, LimitOptions, ListenOptions, Size, TimeoutOptions } from './options.js'
export type { RequestLimits } from './limits.js'
export type { OverloadOptions } from './overload.js'
export type { HealthOptions, MetricsOptions } from './probes.js'
export type { ProblemOptions } from './problem-options.js'
export type { ProxyProtocolOptions } from './proxy-protocol.js'
export type { QueryView } from './query.js'
export type { Rate, RateOptions } from './rates.js'
export type { RejectedRequest, RejectOptions, RejectPage, RejectReason } from './rejects.js'
export type { FieldInit } from './reply-fields.js'
export type { EndHook, ExchangeEnd, PreparedReply, ReplyHook } from './reply-hooks.js'
export type { ProblemDocument, ProblemMembers } from './results.js'
export type { Endpoint, Group, Member, RoutesOf } from './routing/endpoint.js'
export type {
  AuthOption,
  AuthOptions,
  CommonOptions,
  GroupOptions,
  Priority,
  RouteInfo,
  RouteLimitOptions,
  RouteMeta,
  RouteMetadata,
  RouteOptions,
  ValidationOptions,
} from './routing/options.js'
export type { Router } from './routing/router.js'
export type {
  MaybeResponses,
  MaybeSchema,
  NoSchemas,
  OutputOr,
  ResponseSchemas,
  Schemas,
} from './routing/schemas.js'
export type { InputIssue, InputSource } from './validation-error.js'
export type { JoinPath, ParamsOf } from './routing/types.js'
export type { RouteVerb, Verb } from './routing/verbs.js'
export type {
  DescribedSchema,
  InputOf,
  OutputOf,
  StandardIssue,
  StandardSchema,
} from './schema/standard.js'
export type { CloseOptions, Server, ServerAddress } from './server.js'
export type { ProvidedService, ServiceOptions, Services, ServiceScope } from './services.js'
export type { LimitEvent, LimitLabel, RejectEvent, ServerEvents } from './server-events.js'
export type { Stall, StallOptions } from './stall.js'
export type { Distribution, IsolateStats, ServerStats } from './stats.js'
export type { SseEvent } from './streaming/event-text.js'
export type {
  EventExtras,
  EventNote,
  EventSchemas,
  EventsOf,
  EventStreamSchema,
  UnnamedEvent,
  NamedEvent,
} from './streaming/event-schemas.js'
export type { EventStream, SseOptions, TimerClock } from './streaming/events.js'
export type { JsonLines, JsonLinesOptions } from './streaming/json-lines.js'
export type {
  JsonLinesSchema,
  MediaBody,
  MediaSchema,
  NoParts,
} from './streaming/stream-schemas.js'
export type { StreamRequest, Values, ValueSource } from './streaming/source.js'
export type { Trailers } from './trailers.js'
