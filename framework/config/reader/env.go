package reader

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"

	"github.com/microtop/microtop/framework/limits"
)

var variable = regexp.MustCompile(`\$\{([A-Za-z0-9_]+)\}`)

// ReplaceEnvVars returns text with each ${NAME} replaced by the environment variable of that name, or by nothing if
// there is none. Values are written as JSON text is, without the quotes, so that none can end the text it stands in.
// A result over the limit of a message (framework/limits) is an error. raw is not changed.
func ReplaceEnvVars(raw []byte) ([]byte, error) {
	places := variable.FindAllSubmatchIndex(raw, -1)
	if len(places) == 0 {
		return raw, nil
	}
	most := limits.Default().MessageBytes
	var out bytes.Buffer
	last := 0
	for _, at := range places {
		out.Write(raw[last:at[0]])
		value, err := escaped(os.Getenv(string(raw[at[2]:at[3]])))
		if err != nil {
			return nil, err
		}
		out.Write(value)
		last = at[1]
		if out.Len()+len(raw)-last > most {
			return nil, fmt.Errorf("config: over %d bytes with ${%s} replaced: use fewer or shorter variables", most, raw[at[2]:at[3]])
		}
	}
	out.Write(raw[last:])
	return out.Bytes(), nil
}

// escaped returns text as JSON writes it, without the quotes.
func escaped(text string) ([]byte, error) {
	quoted, err := json.Marshal(text)
	if err != nil {
		return nil, err
	}
	return quoted[1 : len(quoted)-1], nil
}
