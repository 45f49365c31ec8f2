"use strict";
// A service that is called and calls another one, traced by jaeger-client for Node.
//
// It listens on a free port of loopback and prints that port. A request is an
// order: the format of the caller's context, what to do, and which service to call
// next with which order. The response has the spans as the client knows them, and
// the response of the next service. The Go program accepts the same orders.

const http = require("http");
const {
  ConstSampler,
  NoopReporter,
  Tracer,
  ZipkinB3TextMapCodec,
  opentracing,
} = require("jaeger-client");

const { FORMAT_HTTP_HEADERS, FORMAT_TEXT_MAP, Tags } = opentracing;

// Its own default is `uberctx-`; the Go, Java and Python clients use this one.
const B3 = new ZipkinB3TextMapCodec({ urlEncoding: true, baggagePrefix: "baggage-" });

function newTracer(order) {
  const tracer = new Tracer(
    "node",
    new NoopReporter(),
    new ConstSampler(order.sampled),
    { traceId128bit: order.wide },
  );
  if (order.format === "b3") {
    tracer.registerExtractor(FORMAT_HTTP_HEADERS, B3);
  }
  if (order.next && order.next.order.format === "b3") {
    tracer.registerInjector(FORMAT_HTTP_HEADERS, B3);
  }
  return tracer;
}

function extract(tracer, order, headers) {
  // Its binary codec reads and writes nothing.
  return order.format === "text"
    ? tracer.extract(FORMAT_TEXT_MAP, order.carrier || {})
    : tracer.extract(FORMAT_HTTP_HEADERS, headers);
}

function inject(tracer, span, order, headers) {
  if (order.format === "text") {
    order.carrier = {};
    tracer.inject(span, FORMAT_TEXT_MAP, order.carrier);
  } else {
    tracer.inject(span, FORMAT_HTTP_HEADERS, headers);
  }
}

function shortened(hexadecimal) {
  return (hexadecimal || "").replace(/^0+/, "") || "0";
}

function see(span) {
  const context = span.context();
  return {
    trace_id: shortened(context.traceIdStr),
    span_id: shortened(context.spanIdStr),
    parent_id: shortened(context.parentIdStr),
    sampled: context.isSampled(),
    debug: context.isDebug(),
    baggage: Object.assign({}, context.baggage),
  };
}

async function execute(order, headers) {
  const tracer = newTracer(order);
  const span = tracer.startSpan("serve", {
    childOf: extract(tracer, order, headers) || undefined,
    tags: { [Tags.SPAN_KIND]: Tags.SPAN_KIND_RPC_SERVER },
  });
  if (order.debug) {
    span.setTag(Tags.SAMPLING_PRIORITY, 1);
  }
  for (const [key, value] of Object.entries(order.baggage || {})) {
    span.setBaggageItem(key, value);
  }
  const result = { server: see(span), client: null, next: null };
  if (order.next) {
    await call(tracer, span, order.next, result);
  }
  span.finish();
  return result;
}

async function call(tracer, parent, next, result) {
  const span = tracer.startSpan("call", {
    childOf: parent.context(),
    tags: { [Tags.SPAN_KIND]: Tags.SPAN_KIND_RPC_CLIENT },
  });
  result.client = see(span);
  const headers = { "content-type": "application/json" };
  inject(tracer, span, next.order, headers);
  result.next = JSON.parse(await post(next.url, headers, JSON.stringify(next.order)));
  span.finish();
}

function post(url, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", headers }, async (response) => {
      const text = await textOf(response);
      if (response.statusCode === 200) {
        resolve(text);
      } else {
        reject(new Error(`${url} responded ${response.statusCode}: ${text}`));
      }
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function textOf(stream) {
  const pieces = [];
  for await (const piece of stream) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

const server = http.createServer(async (request, response) => {
  try {
    const result = await execute(JSON.parse(await textOf(request)), request.headers);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(result));
  } catch (error) {
    response.writeHead(500, { "content-type": "text/plain" });
    response.end(String(error.stack));
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
