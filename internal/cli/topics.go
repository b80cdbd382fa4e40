package cli

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/views/tail"
)

type topicRow struct {
	Name        string     `json:"name"`
	Subscribers []string   `json:"subscribers"`
	Nodes       int        `json:"nodes"`
	Queues      []string   `json:"queues"`
	Rate        *topicRate `json:"rate,omitempty"`
}

// topicRate is what was measured of a topic.
type topicRate struct {
	MessagesPerSecond float64 `json:"messagesPerSecond"`
	BytesPerSecond    float64 `json:"bytesPerSecond"`
	Messages          uint64  `json:"messages"`
	Bytes             uint64  `json:"bytes"`
	ListenedMs        float64 `json:"listenedMs"`
	Error             string  `json:"error,omitempty"`
}

func (r topicRow) cells() []string {
	return []string{r.Name, strings.Join(r.Subscribers, ", "), strconv.Itoa(r.Nodes), strings.Join(r.Queues, ", ")}
}

func (r topicRow) measuredCells() []string {
	if r.Rate == nil || r.Rate.Error != "" {
		return append([]string{r.Name, "-", "-", "-"}, r.cells()[1:]...)
	}
	m := r.Rate
	return append([]string{r.Name, fmt.Sprintf("%.1f", m.MessagesPerSecond), fmt.Sprintf("%.0f", m.BytesPerSecond), strconv.FormatUint(m.Messages, 10)}, r.cells()[1:]...)
}

func (a *app) topicsCommand() *cobra.Command {
	var measure time.Duration
	cmd := &cobra.Command{
		Use: "topics", Aliases: []string{"to"}, Short: "List the topics that the registry knows of", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if measure < 0 {
				return usagef("--measure must not be negative")
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				found, err := topics.List(ctx, s)
				if err != nil {
					return err
				}
				rows := make([]topicRow, 0, len(found))
				for _, t := range found {
					rows = append(rows, topicRow{Name: t.Name, Subscribers: notNil(t.Subscribers), Nodes: t.Nodes, Queues: notNil(t.Queues)})
				}
				if measure == 0 {
					return list(a, rows, []string{"TOPIC", "SUBSCRIBERS", "NODES", "QUEUES"}, topicRow.cells)
				}
				if err := a.measure(ctx, s, rows, measure); err != nil {
					return err
				}
				return list(a, rows, []string{"TOPIC", "MSG/S", "BYTES/S", "MESSAGES", "SUBSCRIBERS", "NODES", "QUEUES"}, topicRow.measuredCells)
			})
		},
	}
	cmd.Flags().DurationVar(&measure, "measure", 0, fmt.Sprintf("listen to the topics for this long, count what comes, and list the busiest first; at most %d topics", topics.MeterTopics))
	return cmd
}

// measure listens to the topics of the rows for a while and sorts them by what came, the busiest first.
func (a *app) measure(ctx context.Context, s *introspect.Session, rows []topicRow, d time.Duration) error {
	names := make([]string, 0, len(rows))
	for _, r := range rows {
		names = append(names, r.Name)
	}
	m := topics.NewMeter(s)
	m.SetTopics(names)
	bounded, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if err := m.Run(bounded); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	rates := m.Rates()
	for i := range rows {
		r, ok := rates[rows[i].Name]
		if !ok {
			continue
		}
		messages, bytes := r.Mean()
		rows[i].Rate = &topicRate{MessagesPerSecond: messages, BytesPerSecond: bytes, Messages: r.Messages, Bytes: r.Bytes, ListenedMs: float64(r.Listened.Microseconds()) / 1e3}
		if r.Err != nil {
			rows[i].Rate.Error = r.Err.Error()
			_ = a.errLine("microtop: " + rows[i].Name + " is not measured: " + r.Err.Error())
		}
	}
	slices.SortStableFunc(rows, func(a, b topicRow) int { return cmp.Compare(b.perSecond(), a.perSecond()) })
	return nil
}

// perSecond sorts: topics that were not measured come last.
func (r topicRow) perSecond() float64 {
	if r.Rate == nil {
		return -1
	}
	return r.Rate.MessagesPerSecond
}

type tailLine struct {
	Time        time.Time         `json:"time"`
	Topic       string            `json:"topic"`
	Size        int               `json:"size"`
	Header      map[string]string `json:"header"`
	Body        json.RawMessage   `json:"body,omitempty"`
	Text        *string           `json:"text,omitempty"`
	Problem     string            `json:"problem,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	BodyBase64  string            `json:"bodyBase64,omitempty"`
}

// tailLineOf is a message as it is printed: its body as JSON; in a decoding that gives none, as text; else its bytes, and
// why it was not read as asked.
func tailLineOf(m *topics.Message, d topics.Decoding) tailLine {
	line := tailLine{Time: m.Time.UTC(), Topic: m.Topic, Size: len(m.Raw), Header: notNilMap(m.Header)}
	if d == topics.Guess {
		line.Body = m.JSON
	} else if b, err := m.Read(d); err != nil {
		line.Problem = err.Error()
	} else if b.JSON {
		line.Body = b.Text
	} else if utf8.Valid(b.Text) {
		text := string(b.Text)
		line.Text = &text
	}
	if line.Body == nil && line.Text == nil {
		line.ContentType, line.BodyBase64 = m.ContentType, base64.StdEncoding.EncodeToString(m.Raw)
	}
	return line
}

func (a *app) tailCommand() *cobra.Command {
	var count int
	var limit time.Duration
	var decode, expr string
	cmd := &cobra.Command{
		Use: "tail TOPIC…", Short: "Print topics' messages as they come", Args: cobra.MinimumNArgs(1),
		Long: "Print the messages of topics as they come. A * in a topic's name stands for any text: the topics like it that\n" +
			"the registry knows of now are tailed.",
		Example: "  microtop tail shop.orders.placed --count 5\n" +
			"  microtop tail 'shop.*' --filter '.order.total.units > 100'\n" +
			"  microtop tail blobs --decode hex",
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := a.format(asNDJSON, asJSON); err != nil {
				return err
			}
			if count < 0 || limit < 0 {
				return usagef("--count and --for must not be negative")
			}
			as, err := topics.ParseDecoding(decode)
			if err != nil {
				return usagef("--decode: %w", err)
			}
			f, err := tail.ParseFilter(expr)
			if err != nil {
				return usagef("--filter: %w", err)
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				names, err := topics.Expand(ctx, s, args)
				if err != nil {
					return err
				}
				unknown := unknownTopics(ctx, s, names) // before it is a subscriber itself
				t, err := topics.Follow(ctx, s, names...)
				if err != nil {
					return err
				}
				for _, why := range unknown {
					_ = a.errLine("microtop: waiting, though nobody else subscribes there: " + why)
				}
				err = a.tail(ctx, t, tailed{count, limit, as, f})
				if closed := t.Close(); err == nil {
					err = closed
				}
				return err
			})
		},
	}
	cmd.Flags().IntVar(&count, "count", 0, "end after this many messages; 0 goes on")
	cmd.Flags().DurationVar(&limit, "for", 0, "end after this long; 0 goes on")
	cmd.Flags().StringVar(&decode, "decode", string(topics.Guess), "how to read bodies: guess, json, protobuf, msgpack, text, hex, base64 or gzip")
	cmd.Flags().StringVar(&expr, "filter", "", "print only what matches: a text, re: and a regular expression, or a jq expression that begins with a dot")
	return cmd
}

// tailed says what of a tail is printed, and how.
type tailed struct {
	count  int
	limit  time.Duration
	as     topics.Decoding
	filter *tail.Filter
}

func (a *app) tail(ctx context.Context, t *topics.Tail, how tailed) error {
	bounded := ctx
	if how.limit > 0 {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(ctx, how.limit)
		defer cancel()
	}
	var reported uint64
	for n := 0; how.count == 0 || n < how.count; {
		m, err := t.Next(bounded)
		if err != nil && ctx.Err() == nil {
			return nil // the time is up
		}
		if err != nil {
			return err
		}
		if how.filter.Match(ctx, m, how.as) {
			n++
			if err := a.line(tailLineOf(m, how.as)); err != nil {
				return err
			}
		}
		if _, _, dropped := t.Counts(); dropped > reported {
			_ = a.errLine(strconv.FormatUint(dropped, 10) + " messages dropped so far: the output is slower than the topic")
			reported = dropped
		}
	}
	return nil
}

// unknownTopics says of topics that nobody subscribes to them, as far as the registry knows: a typing mistake would wait in
// silence.
func unknownTopics(ctx context.Context, s *introspect.Session, names []string) []string {
	all, err := topics.List(ctx, s)
	if err != nil {
		return nil // who subscribes is not known
	}
	var out []string
	for _, name := range names {
		if _, err := topics.Find(all, name, s.Where()); err != nil {
			out = append(out, err.Error())
		}
	}
	return out
}

// completeTopics completes a topic's name from the registry.
func (a *app) completeTopics(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Second)
	defer cancel()
	s, err := a.session(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer func() { _ = s.Close() }() // a completion has nowhere to say it
	found, err := topics.List(ctx, s)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, t := range found {
		if strings.HasPrefix(t.Name, prefix) && completable(t.Name) {
			names = append(names, t.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
