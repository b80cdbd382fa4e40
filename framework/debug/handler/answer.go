package handler

import (
	"fmt"
	"strings"

	"github.com/microtop/microtop/framework/debug/log"
	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/debug/trace"
)

// What was kept may quote any bytes that a stranger sent, but a text on the wire is UTF-8: an answer with anything else
// could not be encoded at all.

func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func texts(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for key, value := range m {
		out[text(key)] = text(value)
	}
	return out
}

func message(r log.Record) *pb.Record {
	return &pb.Record{Timestamp: r.Timestamp.Unix(), Metadata: texts(r.Metadata), Message: text(fmt.Sprint(r.Message))}
}

// traceBytes bounds an answer of Trace, well below what a message may have.
const traceBytes = 2 << 20

// answerOf is the last spans, as many as fit.
func answerOf(spans []*trace.Span) []*pb.Span {
	left := traceBytes
	for i := len(spans) - 1; i >= 0; i-- {
		if left -= size(spans[i]); left < 0 {
			spans = spans[i+1:]
			break
		}
	}
	out := make([]*pb.Span, 0, len(spans))
	for _, s := range spans {
		kind := pb.SpanType_INBOUND
		if s.Type == trace.SpanTypeRequestOutbound {
			kind = pb.SpanType_OUTBOUND
		}
		out = append(out, &pb.Span{
			Trace: text(s.Trace), Id: text(s.Id), Parent: text(s.Parent), Name: text(s.Name), Type: kind, Metadata: texts(s.Metadata),
			Started: unsigned(s.Started.UnixNano()), Duration: unsigned(int64(s.Duration)),
		})
	}
	return out
}

// size is about what a span takes in an answer, in bytes.
func size(s *trace.Span) int {
	n := 64 + len(s.Trace) + len(s.Id) + len(s.Parent) + len(s.Name)
	for key, value := range s.Metadata {
		n += len(key) + len(value) + 8
	}
	return n
}
