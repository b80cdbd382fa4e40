package handler

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"

	pb "github.com/microtop/microtop/framework/debug/proto"
)

// modulePath is this framework's module, found in a program's build information.
const modulePath = "github.com/microtop/microtop"

// Info answers with what is running: build, host, process.
func (d *Debug) Info(_ context.Context, _ *pb.InfoRequest, rsp *pb.InfoResponse) error {
	rsp.Pid = int64(os.Getpid())
	rsp.Hostname, _ = os.Hostname() // empty if the host has no name
	rsp.GoVersion = runtime.Version()
	rsp.Started = d.started.Unix()
	rsp.Cpus = int64(runtime.GOMAXPROCS(0))
	if d.opts.Server != nil {
		o := d.opts.Server.Options()
		rsp.Name, rsp.Version, rsp.Id, rsp.Address = o.Name, o.Version, o.Name+"-"+o.Id, o.Address
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		fill(rsp, build)
	}
	return nil
}

func fill(rsp *pb.InfoResponse, build *debug.BuildInfo) {
	rsp.Module, rsp.ModuleVersion = build.Main.Path, build.Main.Version
	for _, setting := range build.Settings {
		if setting.Key == "vcs.revision" {
			rsp.Revision = setting.Value
		}
	}
	for _, m := range append(build.Deps, &build.Main) {
		if m.Path == modulePath {
			rsp.FrameworkVersion = m.Version
		}
	}
}
