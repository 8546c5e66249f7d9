import type { Answer } from './answer.ts'
import { jettyAnswer } from './answer.ts'
import { escapeXml } from './wire.ts'

/** Scripts and styles that Hadoop's error page links. */
const assets = `  <link rel="stylesheet" href="/static/yarn.css">
  <link rel="stylesheet" href="/static/jquery/themes-1.9.1/base/jquery-ui.css">
  <link rel="stylesheet" href="/static/dt-1.10.18/css/jquery.dataTables.css">
  <link rel="stylesheet" href="/static/dt-1.10.18/css/jui-dt.css">
  <link rel="stylesheet" href="/static/dt-1.10.18/css/custom_datatable.css">
  <script type="text/javascript" src="/static/jquery/jquery-3.6.0.min.js">
  </script>
  <script type="text/javascript" src="/static/jquery/jquery-ui-1.13.2.custom.min.js">
  </script>
  <script type="text/javascript" src="/static/dt-1.10.18/js/jquery.dataTables.min.js">
  </script>
  <script type="text/javascript" src="/static/yarn.dt.plugins.js">
  </script>
  <script type="text/javascript" src="/static/dt-sorting/natural.js">
  </script>`

/**
 * An unknown path below /ws/v1: 404 in HTML, never a RemoteException (§1). The stack trace of the
 * server is cut to its first frames.
 *
 * @param path after `/ws`, e.g. `/v1/cluster/nope`
 */
export function unknownResource(path: string): Answer {
  const controller = path.split('/')[1] ?? ''
  const body = `<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
<html>
  <meta http-equiv="X-UA-Compatible" content="IE=8">
  <meta http-equiv="Content-type" content="text/html; charset=UTF-8">
  <title>
    Sorry, got error 404
  </title>
${assets}
  <style type="text/css">
    #jsnotice { padding: 0.2em; text-align: center; }
    .ui-progressbar { height: 1em; min-width: 5em }
  </style>
  <script type="text/javascript">
    $(function() {
      $('#msg').accordion({autoHeight: false});
    });
  </script>
  <style type="text/css">
    #msg { margin: 1em auto; width: 88%; }
    #msg h1 { padding: 0.2em 1.5em; font: bold 1.3em serif; }
  </style>
  <div id="msg">
    <h1>
      Sorry, got error 404
    </h1>
    <div>
      Please consult
      <a href="http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html">RFC 2616</a>
       for meanings of the error code.
    </div>
    <h1>
      Error Details
    </h1>
    <pre>org.apache.hadoop.yarn.webapp.WebAppException: ${escapeXml(path)}: controller for ${escapeXml(controller)} not found
	at org.apache.hadoop.yarn.webapp.Router.resolveDefault(Router.java:247)
	at org.apache.hadoop.yarn.webapp.Router.resolve(Router.java:155)
	at org.apache.hadoop.yarn.webapp.Dispatcher.service(Dispatcher.java:152)
</pre>
  </div>
</html>
`
  const headers = [['Vary', 'Accept-Encoding'] as const]
  const earlyType = 'text/html;charset=utf-8'
  return { status: 404, headers, earlyType, body: Buffer.from(body), chunked: false }
}

/** An unknown path outside the web services: Jetty's own JSON. */
export function unknownPath(path: string): Answer {
  const body = `{\n"servlet":"org.apache.hadoop.http.WebServlet-214894fc",\n"message":"Not Found",\n"url":${JSON.stringify(path)},\n"status":"404"\n}`
  return jettyAnswer({ status: 404, type: 'application/json', body })
}

/** An `Accept` that no resource can serve: 500 without a body, or a page of Jetty's for browsers. */
export function unacceptable(accept: string): Answer {
  const reason = 'Server Error'
  if (!accept.includes('text/html')) return jettyAnswer({ status: 500, reason, body: '' })
  const body =
    '<html>\n<head>\n<title>Error 500 Request failed.</title>\n</head>\n<body><h2>HTTP ERROR 500 Request failed.</h2>\n</body>\n</html>\n'
  return jettyAnswer({ status: 500, reason, type: 'text/html;charset=iso-8859-1', body })
}
