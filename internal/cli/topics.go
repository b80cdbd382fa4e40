package cli

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/topics"
)

type topicRow struct {
	Name        string   `json:"name"`
	Subscribers []string `json:"subscribers"`
	Nodes       int      `json:"nodes"`
	Queues      []string `json:"queues"`
}

func (r topicRow) cells() []string {
	return []string{r.Name, strings.Join(r.Subscribers, ", "), strconv.Itoa(r.Nodes), strings.Join(r.Queues, ", ")}
}

func (a *app) topicsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "topics", Aliases: []string{"to"}, Short: "List the topics that the registry knows of", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				found, err := topics.List(ctx, s)
				if err != nil {
					return err
				}
				rows := make([]topicRow, 0, len(found))
				for _, t := range found {
					rows = append(rows, topicRow{t.Name, notNil(t.Subscribers), t.Nodes, notNil(t.Queues)})
				}
				return list(a, rows, []string{"TOPIC", "SUBSCRIBERS", "NODES", "QUEUES"}, topicRow.cells)
			})
		},
	}
}

type tailLine struct {
	Time        time.Time         `json:"time"`
	Topic       string            `json:"topic"`
	Size        int               `json:"size"`
	Header      map[string]string `json:"header"`
	Body        json.RawMessage   `json:"body,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	BodyBase64  string            `json:"bodyBase64,omitempty"`
}

func tailLineOf(m *topics.Message) tailLine {
	line := tailLine{Time: m.Time.UTC(), Topic: m.Topic, Size: len(m.Raw), Header: notNilMap(m.Header)}
	if m.JSON != nil {
		line.Body = m.JSON
	} else {
		line.ContentType, line.BodyBase64 = m.ContentType, base64.StdEncoding.EncodeToString(m.Raw)
	}
	return line
}

func (a *app) tailCommand() *cobra.Command {
	var count int
	var limit time.Duration
	cmd := &cobra.Command{
		Use: "tail TOPIC…", Short: "Print a topic's messages as they come", Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := a.format(asNDJSON, asJSON); err != nil {
				return err
			}
			if count < 0 || limit < 0 {
				return usagef("--count and --for must not be negative")
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				unknown := unknownTopics(ctx, s, args) // before it is a subscriber itself
				t, err := topics.Follow(ctx, s, args...)
				if err != nil {
					return err
				}
				for _, why := range unknown {
					_ = a.errLine("microtop: waiting, though nobody else subscribes there: " + why)
				}
				err = a.tail(ctx, t, count, limit)
				if closed := t.Close(); err == nil {
					err = closed
				}
				return err
			})
		},
	}
	cmd.Flags().IntVar(&count, "count", 0, "end after this many messages; 0 goes on")
	cmd.Flags().DurationVar(&limit, "for", 0, "end after this long; 0 goes on")
	return cmd
}

func (a *app) tail(ctx context.Context, t *topics.Tail, count int, limit time.Duration) error {
	bounded := ctx
	if limit > 0 {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	var reported uint64
	for n := 0; count == 0 || n < count; n++ {
		m, err := t.Next(bounded)
		if err != nil && ctx.Err() == nil {
			return nil // the time is up
		}
		if err != nil {
			return err
		}
		if err := a.line(tailLineOf(m)); err != nil {
			return err
		}
		if _, _, dropped := t.Counts(); dropped > reported {
			_ = a.errLine(strconv.FormatUint(dropped, 10) + " messages dropped so far: the output is slower than the topic")
			reported = dropped
		}
	}
	return nil
}

func (a *app) publishCommand() *cobra.Command {
	var headers []string
	cmd := &cobra.Command{
		Use: "publish TOPIC [JSON|-]", Short: "Publish a message to a topic", Args: cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			p := topics.Publication{Topic: args[0], Header: map[string]string{}}
			for _, pair := range headers {
				key, value, ok := strings.Cut(pair, "=")
				if !ok || key == "" {
					return usagef("--metadata %q: write key=value", pair)
				}
				p.Header[key] = value
			}
			if len(args) == 2 {
				var err error
				if p.Body, err = a.argument(cmd.Context(), args[1]); err != nil {
					return err
				}
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				if err := topics.Publish(ctx, s, p); err != nil {
					return err
				}
				a.heard(ctx, s, p.Topic)
				return nil
			})
		},
	}
	cmd.Flags().StringArrayVar(&headers, "metadata", nil, "a message header as key=value; may be given again")
	return cmd
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

// heard says on standard error that nobody subscribes to the topic, which is no error but often a typing mistake.
func (a *app) heard(ctx context.Context, s *introspect.Session, topic string) {
	all, err := topics.List(ctx, s)
	if err != nil {
		return // it was published: whether anybody listens is not known
	}
	if _, err := topics.Find(all, topic, s.Where()); err != nil {
		_ = a.errLine("microtop: nobody got the message: " + err.Error())
	}
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
