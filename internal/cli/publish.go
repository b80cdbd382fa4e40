package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/introspect/topics"
)

// publishUnasked is how many messages are published without --yes.
const publishUnasked = 100

// publishFlags say what is published, how often, and how sure one is.
type publishFlags struct {
	headers              []string
	file                 string
	template, force, yes bool
	count                int
	interval             time.Duration
}

func (a *app) publishCommand() *cobra.Command {
	f := new(publishFlags)
	cmd := &cobra.Command{
		Use: "publish TOPIC [JSON|-]", Short: "Publish messages to a topic", Args: cobra.RangeArgs(1, 2),
		Long: "Publish a message, or several, to a topic.\n\n" +
			"Where the topic's subscribers tell what they take, a message is checked against that before it is sent, and\n" +
			"travels as protobuf if they take protobuf.\n\n" +
			"With --template the message and its headers may have " + topics.Functions + ".",
		Example: "  microtop publish orders '{\"id\": \"o1\"}' --metadata tenant=t1\n" +
			"  microtop publish orders '{\"n\": {{count}}, \"id\": \"{{uuid}}\"}' --template --count 20 --interval 100ms\n" +
			"  microtop publish orders --file orders.ndjson",
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return err
			}
			p := topics.Publication{Topic: args[0], Header: map[string]string{}, Unchecked: f.force}
			for _, pair := range f.headers {
				key, value, ok := strings.Cut(pair, "=")
				if !ok || key == "" {
					return usagef("--metadata %q: write key=value", pair)
				}
				p.Header[key] = value
			}
			from, err := f.source(cmd.Context(), a, args[1:])
			if err != nil {
				return err
			}
			b := topics.Batch{Publication: p, From: from, Follow: f.follows(), Count: f.count, Template: f.template, Interval: f.interval}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				if err := a.publish(ctx, s, b); err != nil {
					return err
				}
				a.heard(ctx, s, p.Topic)
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.headers, "metadata", nil, "a message header as key=value; may be given again")
	flags.StringVar(&f.file, "file", "", "a file with a message on each line; - is standard input")
	flags.BoolVar(&f.template, "template", false, "fill {{count}}, {{time}}, {{unix}}, {{random FROM TO}} and {{uuid}} anew for each message")
	flags.IntVar(&f.count, "count", 1, "publish it this often; a file, all of it")
	flags.DurationVar(&f.interval, "interval", 0, "how long to wait between messages")
	flags.BoolVar(&f.force, "force", false, "send it even if it does not fit what the subscribers take")
	flags.BoolVar(&f.yes, "yes", false, fmt.Sprintf("publish more than %d messages; lines of standard input go as they come", publishUnasked))
	return cmd
}

func (f *publishFlags) check(args []string) error {
	switch {
	case f.count < 1:
		return usagef("--count must be over 0")
	case f.interval < 0:
		return usagef("--interval must not be negative")
	case f.file != "" && len(args) > 1:
		return usagef("--file has the messages: leave the message out")
	case f.follows() && f.count > 1:
		return usagef("--count does not go with --file - --yes, whose lines are not kept")
	case f.count > publishUnasked && !f.yes:
		return tooMany(f.count)
	}
	return nil
}

// follows says whether lines are published as they come.
func (f *publishFlags) follows() bool { return f.file == "-" && f.yes }

func tooMany(n int) error {
	return usagef("that is %d messages to every subscriber: --yes says that you mean it", n)
}

// source are the messages, each once. What is not published as it comes is read whole.
func (f *publishFlags) source(ctx context.Context, a *app, args []string) (iter.Seq2[topics.Line, error], error) {
	if f.file == "" {
		var text []byte
		if len(args) == 1 {
			var err error
			if text, err = a.argument(ctx, args[0]); err != nil {
				return nil, err
			}
		}
		return topics.All(topics.Line{Body: text}), nil
	}
	if f.follows() {
		return topics.Lines(a.in, "standard input"), nil
	}
	all, err := f.read(ctx, a)
	if err != nil {
		return nil, err
	}
	if n := len(all) * f.count; n > publishUnasked && !f.yes {
		return nil, tooMany(n)
	}
	return topics.All(all...), nil
}

func (f *publishFlags) read(ctx context.Context, a *app) ([]topics.Line, error) {
	if f.file != "-" {
		all, err := topics.ReadLines(f.file)
		if err != nil {
			return nil, usageError{err}
		}
		return all, nil
	}
	text, err := a.argument(ctx, "-")
	if err != nil {
		return nil, err
	}
	var all []topics.Line
	for l, err := range topics.Lines(bytes.NewReader(text), "standard input") {
		if err != nil {
			return nil, usageError{err}
		}
		all = append(all, l)
	}
	return all, nil
}

// publish publishes the messages and says how many when there are several.
func (a *app) publish(ctx context.Context, s *introspect.Session, b topics.Batch) error {
	to, err := topics.NewPublisher(ctx, s, b.Topic)
	if err != nil {
		return err
	}
	sent, err := to.Run(ctx, b, nil)
	var template *topics.TemplateError
	var mismatch *topics.MismatchError
	var wrong *schema.BodyError
	switch {
	case err == nil && sent > 1:
		_ = a.errLine(fmt.Sprintf("microtop: published %d messages to %s", sent, b.Topic))
	case err == nil:
	case sent > 0:
		return fmt.Errorf("%s; %d published before", err, sent) //nolint:errorlint // no error of usage: something was sent
	case errors.As(err, &template):
		return usageError{err}
	case errors.As(err, &mismatch):
		return fmt.Errorf("%w: --force sends it all the same", err)
	case errors.As(err, &wrong) && !b.Template && strings.Contains(wrong.Reason, "'{'"):
		return fmt.Errorf("%w: --template fills {{…}} in", err)
	}
	return err
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
