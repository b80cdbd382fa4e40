// Package config is configuration from many sources as one tree of values. Start with [NewConfig].
//
// Sources (framework/config/source/…: memory, env, flag, cli, file) are merged in the order in which they are loaded:
// the later wins. What they say is read as JSON, whatever its format (framework/config/encoder/…), and each ${NAME} in it
// is replaced by that environment variable. Values are found by their path:
//
//	conf, err := config.NewConfig(config.WithSource(file.NewSource(file.WithPath("app.json"))), config.WithSource(env.NewSource()))
//	…
//	defer conf.Close()
//	host := conf.Get("database", "host").String("localhost")
//
// Changes of a source make a new snapshot by themselves: sources that tell of changes are watched, the others are read
// every second. Readers see the old snapshot or the new one, never a mixture. What cannot be read or decoded leaves the
// values as they were.
package config
