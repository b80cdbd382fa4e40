package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/vitals"
)

// The outcomes of a check.
const (
	checkOK      = "ok"
	checkFailed  = "failed"
	checkSkipped = "skipped"
)

type checkRow struct {
	Check  string `json:"check"`
	Result string `json:"result"`
	Detail string `json:"detail"`
	Hint   string `json:"hint"`
}

func (r checkRow) cells() []string { return []string{r.Check, r.Result, r.Detail, r.Hint} }

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Say what works here and what does not: multicast, registry, broker, each node", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			where, err := a.target()
			if err != nil {
				return err
			}
			rows := []checkRow{a.checkEnvironment(), checkMulticast(cmd.Context(), where.registry)}
			s, err := a.connect(cmd.Context(), where)
			if err != nil {
				return err
			}
			rows = append(rows, a.checkSession(cmd.Context(), s)...)
			if err := s.Close(); err != nil {
				rows = append(rows, checkRow{"close", checkFailed, detail(err), ""})
			}
			failed := false
			for _, row := range rows {
				failed = failed || row.Result == checkFailed
			}
			return failedIf(failed, list(a, rows, []string{"CHECK", "RESULT", "DETAIL", "HINT"}, checkRow.cells))
		},
	}
}

// checkEnvironment names the variables that change how v4 programs call, and that this one ignores.
func (a *app) checkEnvironment() checkRow {
	var set []string
	for _, name := range []string{"MICRO_PROXY", "MICRO_NETWORK", "MICRO_NETWORK_ADDRESS", "HTTPS_PROXY", "HTTP_PROXY"} {
		if os.Getenv(name) != "" {
			set = append(set, name)
		}
	}
	if len(set) == 0 {
		return checkRow{"environment", checkOK, "no proxy variables are set", ""}
	}
	return checkRow{"environment", checkOK, strings.Join(set, ", ") + " set, and ignored here", "services may go through the proxy where microtop does not"}
}

func checkMulticast(ctx context.Context, name string) checkRow {
	if name != "" && name != "mdns" {
		return checkRow{"multicast", checkSkipped, "not needed by the " + name + " registry", ""}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := registry.MulticastAvailable(ctx); err != nil {
		return checkRow{"multicast", checkFailed, detail(err), "use --registry file on this host, here and for the services"}
	}
	return checkRow{"multicast", checkOK, "a query of this host's was answered", ""}
}

func (a *app) checkSession(ctx context.Context, s *introspect.Session) []checkRow {
	begin := time.Now()
	services, err := fleet.List(ctx, s.Registry())
	if err != nil {
		return []checkRow{{"registry " + s.Where(), checkFailed, detail(err), "is the address right? --registry-address"}}
	}
	names, nodes := serviceRows(services, false), 0
	for _, row := range names {
		nodes += row.Nodes
	}
	found := checkRow{"registry " + s.Where(), checkOK, fmt.Sprintf("%d services, %d nodes in %.0f ms", len(names), nodes, milliseconds(time.Since(begin))), ""}
	if len(names) == 0 {
		found.Hint = "nothing is registered: `microtop demo` starts a fleet to try"
	}
	rows := []checkRow{found, checkBroker(s)}
	checks := make([][]checkRow, len(names))
	var wg sync.WaitGroup
	for i, row := range names {
		wg.Go(func() { checks[i] = checkService(ctx, s, row.Name) })
	}
	wg.Wait()
	return append(rows, slices.Concat(checks...)...)
}

func checkBroker(s *introspect.Session) checkRow {
	b, err := s.Broker()
	if err != nil {
		return checkRow{"broker", checkFailed, detail(err), "see --broker and --broker-address"}
	}
	return checkRow{"broker " + b.String(), checkOK, "connected as " + b.Address(), ""}
}

// checkService asks each node for its health; a node without a debug service is well if it says so.
func checkService(ctx context.Context, s *introspect.Session, name string) []checkRow {
	answers, err := vitals.Health(ctx, s, introspect.Target{Service: name})
	if err != nil {
		return []checkRow{{"service " + name, checkFailed, detail(err), ""}}
	}
	rows := make([]checkRow, 0, len(answers))
	for _, answer := range answers {
		row := checkRow{"node " + answer.Id, checkOK, answer.Address + ": " + answer.Value.GetStatus(), ""}
		var protocol *vitals.ProtocolError
		if errors.As(answer.Err, &protocol) {
			row.Result, row.Detail = checkSkipped, answer.Address+": "+answer.Err.Error()
		} else if answer.Err != nil {
			row.Result, row.Detail = checkFailed, answer.Address+": "+detail(answer.Err)
			row.Hint = "is it running, and may this host connect to it?"
			if strings.Contains(row.Detail, "can't find service Debug") {
				row.Result, row.Hint = checkOK, "it has no debug service: no vitals, no schema"
			}
		}
		rows = append(rows, row)
	}
	return rows
}
