// Command program is written against go-micro v4.9.0's API in the manner of its examples: a service with a handler, a
// subscriber and wrappers, and a caller of it. The interop tests compile it twice: as it stands, and with nothing but its
// import paths changed to this framework.
//
//	program serve NAME [ADDRESS]    prints "address HOST:PORT", then "event CONTENT-TYPE TEXT" for what comes to the topic NAME
//	program call ADDRESS            makes every call there is and prints one JSON object each
//	program hello NAME              looks the service up by name
//	program publish TOPIC           publishes one event in each content type
//	program load NAME DURATION      calls without pause by name and prints {"calls":N,"failed":N,"errors":{…}}
//
// With PROTOCOL=grpc in the environment both speak gRPC, with TRANSPORT=grpc they speak mucp over the grpc transport; with SPARE set no stream's handler is
// made to panic.
package main

import (
	"fmt"
	"os"
	"time"

	"go-micro.dev/v4/logger"
)

func main() {
	logger.DefaultLogger = logger.NewLogger(logger.WithOutput(os.Stderr), logger.WithLevel(logger.FatalLevel))
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: program serve|call|hello|publish|load NAME …")
	}
	verb, name := args[0], args[1]
	switch verb {
	case "serve":
		address := "127.0.0.1:0"
		if len(args) > 2 {
			address = args[2]
		}
		return serve(name, address)
	case "call":
		return callAll(name)
	case "hello":
		return hello(name)
	case "publish":
		return publish(name)
	case "load":
		d, err := time.ParseDuration(args[len(args)-1])
		if err != nil {
			return err
		}
		return load(name, d)
	}
	return fmt.Errorf("unknown verb %q", verb)
}
