package bench

import "fmt"

// The cells of calls.
const (
	cross     = "unary 32 B, 16 callers, mixed"
	onGRPC    = "gRPC unary 32 B, 16 callers"
	kept      = "unary 32 B, 16 callers, heap"
	pipelined = "unary 32 B, 128 callers, pipelined"
	toNew     = "v4 → microtop"
	toOld     = "microtop → v4"
	heapCalls = 100_000
)

func unaryCell(bytes, callers int) string {
	return fmt.Sprintf("unary %d B, %d callers", bytes, callers)
}
func streamCell(what string, n int) string {
	return fmt.Sprintf("%s 32 B, streams at once: %d", what, n)
}

// Cells are all measurements.
func Cells() []Cell {
	var out []Cell
	for _, bytes := range []int{32, 1024} {
		for _, callers := range []int{16, 128} {
			l := Load{Scenario: "unary", Bytes: bytes, Callers: callers}
			out = append(out, calls(unaryCell(bytes, callers), l, Micro, GRPC, NetHTTP, V4, Alone))
		}
	}
	light := Load{Scenario: "unary", Bytes: 32, Callers: 16}
	out = append(out, Cell{Name: cross, Visits: []Visit{
		between(toNew, V4, Micro, light), between(toOld, Micro, V4, light), between(V4, V4, V4, light),
	}})
	out = append(out, calls(pipelined, Load{Scenario: "unary", Bytes: 32, Callers: 128}, MicroPipe, GRPC))
	out = append(out, calls(onGRPC, light, MicroGRPC, GRPC))
	for _, n := range []int{1, 8} {
		out = append(out,
			calls(streamCell("download", n), Load{Scenario: "download", Bytes: 32, Callers: n}, Micro, GRPC),
			calls(streamCell("exchange", n), Load{Scenario: "exchange", Bytes: 32, Callers: n}, Micro, GRPC, Alone))
	}
	out = append(out, Cell{Name: kept, Rounds: 1, Visits: []Visit{keeping(Micro, heapCalls, light)}})
	return append(append(out, probeCells()...), consoleCells()...)
}

// Goals are all goals.
func Goals() []Goal {
	out := unaryGoals()
	out = append(out, mixedGoals()...)
	out = append(out, grpcGoals()...)
	out = append(out, streamGoals()...)
	return append(append(out, probeGoals()...), consoleGoals()...)
}

// slack is how much a goal gives way for messages of 1 KiB.
const slack = 0.1

func unaryGoals() []Goal {
	var out []Goal
	for _, bytes := range []int{32, 1024} {
		ease := 0.0
		if bytes > 32 {
			ease = slack
		}
		for _, callers := range []int{16, 128} {
			cell := unaryCell(bytes, callers)
			goal := func(figure, unit string, bounds ...Bound) {
				out = append(out, Goal{What: cell + ": " + figure, Cell: cell, System: Micro, Figure: figure, Unit: unit, Bounds: bounds})
			}
			goal(CPU, "µs", atMost(0.42*(1+ease), GRPC), atMost(0.08*(1+ease), V4))
			if callers == 16 {
				goal(Rate, "/s", atLeast(3.2*(1-ease), GRPC), atLeast(13*(1-ease), V4))
			} else {
				goal(Rate, "/s", atLeast(2.2*(1-ease), GRPC))
				goal(P99, "µs", atMost(0.8*(1+ease), GRPC))
			}
			goal(ClientAllocs, "", most(6))
			goal(ServerAllocs, "", most(8))
		}
	}
	out = append(out,
		Goal{What: pipelined + ": " + Rate, Cell: pipelined, System: MicroPipe, Figure: Rate, Unit: "/s", Bounds: []Bound{atLeast(3.5, GRPC)}},
		Goal{What: pipelined + ": " + P99, Cell: pipelined, System: MicroPipe, Figure: P99, Unit: "µs", Bounds: []Bound{atMost(0.5, GRPC)}})
	return append(out, Goal{What: kept + ": bytes a call", Cell: kept, System: Micro, Figure: Heap, Unit: "B", Bounds: []Bound{most(1)}})
}

func mixedGoals() []Goal {
	goal := func(system, figure, unit string, b Bound) Goal {
		return Goal{What: system + ": " + figure, Cell: cross, System: system, Figure: figure, Unit: unit, Bounds: []Bound{b}}
	}
	return []Goal{
		goal(toNew, Rate, "/s", atLeast(3.3, V4)), goal(toNew, ServerCPU, "µs", atMost(0.15, V4)),
		goal(toOld, Rate, "/s", atLeast(1.1, V4)), goal(toOld, ClientCPU, "µs", atMost(0.68, V4)),
	}
}

// grpcGoals say what the framework adds to grpc-go, which it serves gRPC with: a deadline of its own for each call, within
// the caller's, go-micro's two metadata keys, the call options of an own codec, and the guard that reads along which
// frames a peer sends (some 5 % of the CPU).
func grpcGoals() []Goal {
	goal := func(figure, unit string, b Bound) Goal {
		return Goal{What: onGRPC + ": " + figure, Cell: onGRPC, System: MicroGRPC, Figure: figure, Unit: unit, Bounds: []Bound{b}}
	}
	return []Goal{
		goal(Rate, "/s", atLeast(0.95, GRPC)), goal(CPU, "µs", atMost(1.08, GRPC)),
		goal(ClientAllocs, "", atMostMore(10, GRPC)), goal(ServerAllocs, "", atMostMore(10, GRPC)),
	}
}

func streamGoals() []Goal {
	var out []Goal
	goal := func(what string, n int, figure, unit string, b Bound) {
		cell := streamCell(what, n)
		out = append(out, Goal{What: cell + ": " + figure, Cell: cell, System: Micro, Figure: figure, Unit: unit, Bounds: []Bound{b}})
	}
	for _, n := range []int{1, 8} {
		goal("download", n, Rate, "/s", atLeast(1.5, GRPC))
		goal("download", n, Failures, "", most(0))
	}
	for _, n := range []int{1, 8} {
		rate := 1.6
		if n > 1 {
			rate = 2.2
		}
		goal("exchange", n, Rate, "/s", atLeast(rate, GRPC))
		goal("exchange", n, CPU, "µs", atMost(0.6, GRPC))
		goal("exchange", n, ClientAllocs, "", most(5))
		goal("exchange", n, ServerAllocs, "", most(5))
	}
	return out
}
