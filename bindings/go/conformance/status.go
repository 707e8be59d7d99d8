//go:build go1.20

package main

import (
	"context"
	"errors"

	repolock "github.com/librepolock/librepolock/bindings/go"
)

// The one table from the binding's errors back to the statuses of the library.
var statuses = []struct {
	err  error
	name string
}{
	{context.Canceled, "E_CANCELED"},
	{repolock.ErrInvalid, "E_INVALID"},
	{repolock.ErrNoMemory, "E_NOMEM"},
	{repolock.ErrTimeout, "E_TIMEOUT"},
	{repolock.ErrHeld, "E_HELD"},
	{repolock.ErrLost, "E_LOST"},
	{repolock.ErrUnknown, "E_UNKNOWN"},
	{repolock.ErrUnavailable, "E_UNAVAILABLE"},
	{repolock.ErrClosed, "E_SHUTDOWN"},
	{repolock.ErrDenied, "E_DENIED"},
	{repolock.ErrMisconfigured, "E_MISCONFIGURED"},
	{repolock.ErrUnsupported, "E_UNSUPPORTED"},
	{repolock.ErrPlugin, "E_PLUGIN"},
	{repolock.ErrIO, "E_IO"},
}

func status(err error) message {
	if err == nil {
		return message{"status": "OK"}
	}
	for _, each := range statuses {
		if errors.Is(err, each.err) {
			return message{"status": each.name, "message": err.Error()}
		}
	}
	return message{"status": "E_INTERNAL", "message": err.Error()}
}

func refusal(err error) message {
	reply := status(err)
	var whole *repolock.Error
	if errors.As(err, &whole) {
		reply["holders"] = holders(whole.Holders)
		reply["place"] = whole.Place
	}
	return reply
}

func holders(all []repolock.Holder) []message {
	rows := []message{}
	for _, each := range all {
		rows = append(rows, message{"holder": each.Text, "fence": each.Token, "shared": each.Shared,
			"lease_id": each.LeaseID})
	}
	return rows
}

func waiters(all []repolock.Waiter) []message {
	rows := []message{}
	for _, each := range all {
		rows = append(rows, message{"holder": each.Text, "place": each.Place})
	}
	return rows
}
