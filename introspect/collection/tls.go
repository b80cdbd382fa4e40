package collection

import "path/filepath"

// TLS says that a call's connection is secured, and how: by the names of files, never by what is in them. Relative names
// are of files below the folder of saved calls.
type TLS struct {
	CA         string `json:"ca,omitempty"`
	Cert       string `json:"cert,omitempty"`
	Key        string `json:"key,omitempty"`
	ServerName string `json:"serverName,omitempty"`
	// Insecure: who the node is is not verified.
	Insecure bool `json:"insecure,omitempty"`
}

// texts are the flags that have a value, each with its place.
func (t *TLS) texts() []struct {
	flag  string
	value *string
} {
	return []struct {
		flag  string
		value *string
	}{{"ca", &t.CA}, {"cert", &t.Cert}, {"key", &t.Key}, {"servername", &t.ServerName}}
}

// Flags are those of a microtop command that connects so; nil has none.
func (t *TLS) Flags() []string {
	if t == nil {
		return nil
	}
	out := []string{"--tls"}
	for _, text := range t.texts() {
		if *text.value != "" {
			out = append(out, "--"+text.flag, *text.value)
		}
	}
	if t.Insecure {
		out = append(out, "--insecure")
	}
	return out
}

// TLSOf is what the flags of a command say, such as those of Session.Flags; nil if they ask for no TLS.
func TLSOf(words []string) *TLS {
	var t *TLS
	_, _ = flags(words, func(name string) (bool, bool) { return connectFlags[name], true }, func(name, value string) error {
		t = t.with(name, value)
		return nil
	})
	return t
}

// with is t with what a flag says; flags of other things change nothing.
func (t *TLS) with(name, value string) *TLS {
	out := &TLS{}
	if t != nil {
		out = t
	}
	switch {
	case value == "false" && (name == "tls" || name == "insecure"):
		return t
	case name == "tls":
		return out
	case name == "insecure":
		out.Insecure = true
		return out
	}
	for _, text := range out.texts() {
		if text.flag == name {
			*text.value = value
			return out
		}
	}
	return t
}

// TLS is how a call of the folder is secured, with the names of its files as they are valid anywhere.
func (f *Folder) TLS(c Call) (*TLS, error) {
	if c.TLS == nil {
		return nil, nil //nolint:nilnil // the call does not say
	}
	dir := f.dir
	if dir == "" {
		var err error
		if dir, err = Dir(); err != nil {
			return nil, err
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	out := *c.TLS
	for _, text := range out.texts() {
		if text.flag != "servername" && *text.value != "" && !filepath.IsAbs(*text.value) {
			*text.value = filepath.Join(dir, *text.value)
		}
	}
	return &out, nil
}
