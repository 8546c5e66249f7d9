import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where a server has its files, and where it listens and what it asks, as ports of 127.0.0.1. */
export type NginxPlace = Readonly<{ directory: string; port: number; origin: number }>

/** Idle connections kept to whatever is asked: as many as there are clients at most. */
const KEPT = 512
/** The limit on requests of one connection, 1000 by default, would have everybody connect anew all the time. */
const NO_LIMIT = 'keepalive_requests 1000000000;'

/** Fewer, larger reads and writes of bodies: 256 KiB in place of 16 for requests, 1 MiB in place of 64 KiB for answers. */
const LARGE_BUFFERS =
  'client_body_buffer_size 256k; proxy_buffers 16 64k; proxy_buffer_size 64k; proxy_busy_buffers_size 256k;'

/** One worker, as the gateway has one; all its files below the directory. */
function settings(directory: string, http: string): string {
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) {
    mkdirSync(join(directory, name), { recursive: true })
  }
  const isRoot = process.getuid?.() === 0
  const file = join(directory, 'nginx.conf')
  const text = `${isRoot ? 'user root;' : ''}
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid ${directory}/pid;
error_log ${directory}/errors.log warn;
events { worker_connections 4096; }
http {
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  default_type application/json;
  sendfile on;
  tcp_nopush on;
  client_max_body_size 0;
  keepalive_timeout 75s;
  ${NO_LIMIT}
${http}
}
`
  writeFileSync(file, text)
  return file
}

/**
 * The origin of all: answers without any work. The body of an upload is read to its end first, as a service does: an
 * inner server is asked for the answer, without the body.
 */
export function originSettings(
  { directory, port }: Omit<NginxPlace, 'origin'>,
  { small, inner }: Readonly<{ small: string; inner: number }>
): string {
  return settings(
    directory,
    `  access_log off;
  upstream inner { server 127.0.0.1:${inner}; keepalive ${KEPT}; ${NO_LIMIT} }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /executor/small { return 200 '${small}'; }
    location /executor/files/ { alias ${directory}/files/; }
    location = /executor/upload {
      client_body_buffer_size 2m;
      proxy_pass http://inner;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Received $content_length;
    }
  }
  server {
    listen 127.0.0.1:${inner} backlog=4096;
    location / { return 200 '{"received":$http_x_received}'; }
  }`
  )
}

/**
 * nginx as the gateway, with an access log and request ids. With a checker each request is first asked about there, as
 * `auth_request` does: without its body, on kept connections. Uploads go through as they come: kept back in files first
 * (nginx's default) they take twice the processor time.
 */
export function gatewaySettings({
  directory,
  port,
  origin,
  checker,
  hasLargeBuffers
}: NginxPlace & Readonly<{ checker: number | null; hasLargeBuffers: boolean }>): string {
  const check = `
    location = /_check {
      internal;
      proxy_pass http://checker;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }`
  return settings(
    directory,
    `  log_format line '$remote_addr [$time_iso8601] "$request" $status $body_bytes_sent $request_time $request_id';
  ${hasLargeBuffers ? LARGE_BUFFERS : ''}
  access_log ${directory}/access.log line buffer=64k flush=1s;
  upstream origin { server 127.0.0.1:${origin}; keepalive ${KEPT}; ${NO_LIMIT} }
  ${checker === null ? '' : `upstream checker { server 127.0.0.1:${checker}; keepalive ${KEPT}; ${NO_LIMIT} }`}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location /executor/ {
      ${checker === null ? '' : 'auth_request /_check;'}
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      add_header X-Request-Id $request_id always;
    }${checker === null ? '' : check}
  }`
  )
}
