// A service that is called and calls another one, traced by jaeger-client-go.
//
// It listens on a free port of loopback and prints that port. A request is an
// Order: the format of the caller's context, what to do, and which service to call
// next with which order. The response has the spans as the client knows them, and
// the response of the next service.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"
	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/zipkin"
)

// Order is the request of a caller; the other services accept the same.
type Order struct {
	Format  string            `json:"format"`
	Carrier map[string]string `json:"carrier"`
	Sampled bool              `json:"sampled"`
	Wide    bool              `json:"wide"`
	Debug   bool              `json:"debug"`
	Baggage map[string]string `json:"baggage"`
	Next    *Next             `json:"next"`
}

// Next is the service to call, and the order for it.
type Next struct {
	URL   string `json:"url"`
	Order Order  `json:"order"`
}

// Seen is what this client knows about a span.
type Seen struct {
	TraceID  string            `json:"trace_id"`
	SpanID   string            `json:"span_id"`
	ParentID string            `json:"parent_id"`
	Sampled  bool              `json:"sampled"`
	Debug    bool              `json:"debug"`
	Baggage  map[string]string `json:"baggage"`
}

// Response has the server span, the client span, and the next service's response.
type Response struct {
	Server Seen            `json:"server"`
	Client *Seen           `json:"client"`
	Next   json.RawMessage `json:"next"`
}

// binaryKey is the key of a binary context in a carrier, in hexadecimal.
const binaryKey = "binary"

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, http.HandlerFunc(serve)))
}

func serve(writer http.ResponseWriter, request *http.Request) {
	var order Order
	if err := json.NewDecoder(request.Body).Decode(&order); err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	result, err := execute(order, request.Header)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusInternalServerError)
		return
	}
	if err := json.NewEncoder(writer).Encode(result); err != nil {
		log.Print(err)
	}
}

func execute(order Order, headers http.Header) (*Response, error) {
	tracer, closer := newTracer(order)
	defer closer()
	options := []opentracing.StartSpanOption{ext.SpanKindRPCServer}
	caller, err := extract(tracer, order, headers)
	if err == nil {
		options = append(options, opentracing.ChildOf(caller))
	} else if err != opentracing.ErrSpanContextNotFound {
		return nil, err
	}
	span := tracer.StartSpan("serve", options...)
	defer span.Finish()
	if order.Debug {
		ext.SamplingPriority.Set(span, 1)
	}
	for key, value := range order.Baggage {
		span.SetBaggageItem(key, value)
	}
	result := &Response{Server: see(span)}
	if order.Next != nil {
		err = call(tracer, span, *order.Next, result)
	}
	return result, err
}

func newTracer(order Order) (opentracing.Tracer, func()) {
	options := []jaeger.TracerOption{
		jaeger.TracerOptions.Gen128Bit(order.Wide),
		jaeger.TracerOptions.MaxTagValueLength(1024),
	}
	if formatOfCall(order) == "b3" {
		b3 := zipkin.NewZipkinB3HTTPHeaderPropagator()
		options = append(options, jaeger.TracerOptions.Injector(opentracing.HTTPHeaders, b3))
	}
	if order.Format == "b3" {
		b3 := zipkin.NewZipkinB3HTTPHeaderPropagator()
		options = append(options, jaeger.TracerOptions.Extractor(opentracing.HTTPHeaders, b3))
	}
	sampler := jaeger.NewConstSampler(order.Sampled)
	tracer, closer := jaeger.NewTracer("go", sampler, jaeger.NewNullReporter(), options...)
	return tracer, func() { closer.Close() }
}

// formatOfCall returns the format of the context for the next service.
func formatOfCall(order Order) string {
	if order.Next == nil {
		return ""
	}
	return order.Next.Order.Format
}

func extract(tracer opentracing.Tracer, order Order, headers http.Header) (opentracing.SpanContext, error) {
	switch order.Format {
	case "text":
		return tracer.Extract(opentracing.TextMap, opentracing.TextMapCarrier(order.Carrier))
	case "binary":
		packed, err := hex.DecodeString(order.Carrier[binaryKey])
		if err != nil || len(packed) == 0 {
			return nil, opentracing.ErrSpanContextNotFound
		}
		return tracer.Extract(opentracing.Binary, bytes.NewReader(packed))
	default:
		return tracer.Extract(opentracing.HTTPHeaders, opentracing.HTTPHeadersCarrier(headers))
	}
}

func call(tracer opentracing.Tracer, parent opentracing.Span, next Next, result *Response) error {
	span := tracer.StartSpan("call", ext.SpanKindRPCClient, opentracing.ChildOf(parent.Context()))
	defer span.Finish()
	seen := see(span)
	result.Client = &seen
	headers := http.Header{"Content-Type": {"application/json"}}
	if err := inject(tracer, span, &next.Order, headers); err != nil {
		return err
	}
	body, err := json.Marshal(next.Order)
	if err != nil {
		return err
	}
	request, err := http.NewRequest("POST", next.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = headers
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		var body bytes.Buffer
		body.ReadFrom(response.Body)
		return fmt.Errorf("%s responded %s: %s", next.URL, response.Status, body.String())
	}
	return json.NewDecoder(response.Body).Decode(&result.Next)
}

func inject(tracer opentracing.Tracer, span opentracing.Span, order *Order, headers http.Header) error {
	switch order.Format {
	case "text":
		order.Carrier = map[string]string{}
		return tracer.Inject(span.Context(), opentracing.TextMap, opentracing.TextMapCarrier(order.Carrier))
	case "binary":
		var packed bytes.Buffer
		err := tracer.Inject(span.Context(), opentracing.Binary, &packed)
		order.Carrier = map[string]string{binaryKey: hex.EncodeToString(packed.Bytes())}
		return err
	default:
		return tracer.Inject(span.Context(), opentracing.HTTPHeaders, opentracing.HTTPHeadersCarrier(headers))
	}
}

func see(span opentracing.Span) Seen {
	context := span.Context().(jaeger.SpanContext)
	baggage := map[string]string{}
	context.ForeachBaggageItem(func(key, value string) bool {
		baggage[key] = value
		return true
	})
	traceID := context.TraceID()
	wide := ""
	if traceID.High != 0 {
		wide = fmt.Sprintf("%x", traceID.High) + fmt.Sprintf("%016x", traceID.Low)
	} else {
		wide = strconv.FormatUint(traceID.Low, 16)
	}
	return Seen{
		TraceID:  wide,
		SpanID:   strconv.FormatUint(uint64(context.SpanID()), 16),
		ParentID: strconv.FormatUint(uint64(context.ParentID()), 16),
		Sampled:  context.IsSampled(),
		Debug:    context.IsDebug(),
		Baggage:  baggage,
	}
}
