// Command handler is the bootstrap of a function, on AWS's own library.
package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do   string `json:"do"`
	Text string `json:"text"`
}

type answer struct {
	Text      string `json:"text"`
	RequestID string `json:"requestId"`
	ARN       string `json:"arn"`
	HasTime   bool   `json:"hasTime"`
}

func handle(ctx context.Context, event event) (answer, error) {
	switch event.Do {
	case "fail":
		return answer{}, errors.New(event.Text)
	case "panic":
		panic(event.Text)
	case "exit":
		os.Exit(3)
	}
	about, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return answer{event.Text, about.AwsRequestID, about.InvokedFunctionArn, time.Until(deadline) > 0}, nil
}

func main() {
	lambda.Start(handle)
}
