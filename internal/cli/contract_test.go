package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// contract is what docs/commands.md promises of the command line, and the tests that hold it.
var contract = []struct{ promise, tests string }{
	{"-o table|json|yaml|ndjson, and each command's default", "TestShapes TestUsage TestStreams TestTailAndPublish TestLogs TestWatch"},
	{"a body is indented on a terminal, on one line otherwise", "TestJSONIsIndentedForPeople TestShapes"},
	{"results on standard output, everything else on standard error", "TestShapes TestCallsThatFail TestTailAndPublish"},
	{"lowerCamel keys, RFC 3339 in UTC, milliseconds, exact 64-bit integers", "TestShapes"},
	{"no array and no object is null", "TestNothingIsNull"},
	{"no colour in a pipe; controls are escaped on a terminal", "TestPipes TestNothingSteersATerminal"},
	{"services, --all for the framework's own", "TestShapes"},
	{"nodes", "TestShapes"},
	{"describe: JSON, YAML, proto; recursion ends", "TestShapes TestDescribeWritesProtoFiles TestAPlainGRPCServer TestAServerThatTellsNothing"},
	{"call: the body only, -v, --envelope, standard input", "TestShapes TestCallFlags"},
	{"call --all-nodes and --repeat", "TestCallOfEveryNode TestRepeatedCalls"},
	{"call --saved, saved, --allow-env, TLS that is saved", "TestSavedCalls TestASavedLineIsWhole TestASavedCallLendsNothingUnasked TestSavedTLS"},
	{"stream server, client, bidi; an argument first, then lines; the end half-closes", "TestStreams TestAPlainGRPCServer"},
	{"--idle for peers that never end a stream", "TestAPeerThatNeverEndsAStream"},
	{"streams have no deadline", "TestASilentStreamIsSaidToBe"},
	{"tail and publish", "TestTailAndPublish"},
	{"load", "TestLoads"},
	{"profile: files, names of sub-commands, several nodes, nodes that are down", "TestProfiles TestNamesOfProfiles"},
	{"health, stats and logs: one element or line a node, with its id", "TestShapes TestHealthOfNodesThatAreNot TestLogs"},
	{"watch", "TestWatch"},
	{"doctor: 1 if a check fails; proxy variables are named", "TestDoctor TestHealthOfNodesThatAreNot"},
	{"demo: its lines, its cast, a second one, killed nodes and a killed parent", "TestFleet TestThePlaceIsOneFleetsAtATime TestAKilledFleetLeavesNothing TestWhatAnEarlierFleetLeftIsRemoved TestFivePercentFail TestShippingQuotesSlowly TestBudgetIsAShareOfTheTime"},
	{"status 1: the call, the look-up or a node failed", "TestCallsThatFail TestHealthOfNodesThatAreNot"},
	{"status 2: usage, malformed JSON, an unknown field; nothing was sent", "TestCallsThatFail TestUsage TestTLSFlags"},
	{"status 130 on SIGINT, also while input is awaited", "TestInterrupts TestInterruptWhileReading"},
	{"status 0 once --count or --for is reached", "TestTailAndPublish TestWatch"},
	{"flags over environment; - and _ are the same; no proxy", "TestConnecting"},
	{"auto: gRPC only if it answers as gRPC, else mucp", "TestAPlainGRPCServer TestABareAddressIsDescribed TestCallFlags"},
	{"--address without a registry: describe, call, stream, health", "TestABareAddressIsDescribed TestAPlainGRPCServer TestMUCPOverTheGRPCTransport"},
	{"--node, --service-version, --metadata, --timeout, --retries, --content-type", "TestCallsThatFail TestCallFlags TestUsage"},
	{"--tls, --ca, --cert, --key, --servername, --insecure", "TestTLS TestTLSFlags"},
	{"--protocol, --client, --transport", "TestMUCPOverTheGRPCTransport TestCallsToPlainHTTP TestCopiedLinesConnectAsTheConsoleDid"},
	{"commands never prompt; what is large or lasting needs --yes", "TestLoads TestUsage"},
	{"context list, show, set, use, remove; --context, MICROTOP_CONTEXT; flags over environment over context over defaults", "TestContextCommand TestPrecedence TestAWrongContextIsAUsageError TestCallsCarryTheContextsMetadata TestSwitchingContexts"},
	{"--readonly", "TestCallsThatFail TestLoads"},
}

// Every promise has its tests, under names that exist.
func TestTheContractIsHeld(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	var known []string
	for _, pattern := range []string{"*_test.go", "../demo/*_test.go", "../e2e/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range declared.FindAllStringSubmatch(string(text), -1) {
				known = append(known, found[1])
			}
		}
	}
	for _, c := range contract {
		tests := strings.Fields(c.tests)
		if len(tests) == 0 {
			t.Errorf("%s: no test", c.promise)
		}
		for _, name := range tests {
			if !slices.Contains(known, name) {
				t.Errorf("%s: there is no %s", c.promise, name)
			}
		}
	}
}
