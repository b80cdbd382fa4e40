// Package shop holds the messages and service descriptors of the demo fleet.
package shop

//go:generate protoc -I ../../.. --go_out=paths=source_relative:../../.. internal/demo/shop/shop.proto
