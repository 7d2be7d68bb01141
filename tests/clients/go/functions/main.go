// What a user of the Go SDK v2 does with a function and a mapping; every step ends the program
// when it is wrong. The argument is the deployment package.
package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func must[T any](value T, err error) T {
	check(err == nil, err)
	return value
}

func check(right bool, shown any) {
	if !right {
		log.Output(2, fmt.Sprintf("wrong: %v", shown))
		os.Exit(1)
	}
}

var name = aws.String("echo")

func main() {
	log.SetFlags(log.Lshortfile)
	ctx := context.Background()
	settings := must(config.LoadDefaultConfig(ctx))
	client := lambda.NewFromConfig(settings)
	queues := sqs.NewFromConfig(settings)
	source := create(ctx, queues, "source")
	target := create(ctx, queues, "target")

	created := must(client.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: name, Runtime: types.RuntimePython312, Handler: aws.String("app.handler"),
		Role: aws.String("arn:aws:iam::000000000000:role/any"),
		Code: &types.FunctionCode{ZipFile: must(os.ReadFile(os.Args[1]))}, Timeout: aws.Int32(10),
		Environment: &types.Environment{Variables: map[string]string{"TARGET": *target}},
	}))
	check(created.State == types.StatePending, created.State)
	active := lambda.NewFunctionActiveV2Waiter(client)
	err := active.Wait(ctx, &lambda.GetFunctionInput{FunctionName: name}, 20*time.Second)
	check(err == nil, err)

	invokes(ctx, client)
	changes(ctx, client)
	mappings(ctx, client, queues, source, target)

	must(client.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: name}))
	_, err = client.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
	var missing *types.ResourceNotFoundException
	check(errors.As(err, &missing), err)
	fmt.Println("functions: right")
}

func create(ctx context.Context, queues *sqs.Client, name string) *string {
	return must(queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name)})).QueueUrl
}

func invokes(ctx context.Context, client *lambda.Client) {
	echoed := must(client.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: name, Payload: []byte(`{"hello": "✓"}`), LogType: types.LogTypeTail,
	}))
	check(echoed.StatusCode == 200 && echoed.FunctionError == nil, echoed.StatusCode)
	check(strings.Contains(string(echoed.Payload), `"hello"`), string(echoed.Payload))
	tail := must(base64.StdEncoding.DecodeString(*echoed.LogResult))
	check(strings.Contains(string(tail), "REPORT RequestId: "), string(tail))
	failed := must(client.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: name, Payload: []byte(`{"raise": "no"}`),
	}))
	check(aws.ToString(failed.FunctionError) == "Unhandled", aws.ToString(failed.FunctionError))
	check(strings.Contains(string(failed.Payload), `"errorMessage"`), string(failed.Payload))
}

func changes(ctx context.Context, client *lambda.Client) {
	must(client.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
		FunctionName: name, MemorySize: aws.Int32(256),
	}))
	updated := lambda.NewFunctionUpdatedV2Waiter(client)
	err := updated.Wait(ctx, &lambda.GetFunctionInput{FunctionName: name}, 20*time.Second)
	check(err == nil, err)
	found := must(client.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name}))
	check(*found.Configuration.MemorySize == 256, *found.Configuration.MemorySize)
	listed := must(client.ListFunctions(ctx, &lambda.ListFunctionsInput{}))
	check(len(listed.Functions) == 1, listed.Functions)
}

func mappings(
	ctx context.Context, client *lambda.Client, queues *sqs.Client, source, target *string,
) {
	mapping := must(client.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{
		EventSourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:source"),
		FunctionName:   name, BatchSize: aws.Int32(10),
	}))
	must(queues.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: source, MessageBody: aws.String("through the mapping"),
	}))
	arrived := must(queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: target, WaitTimeSeconds: 20,
	}))
	check(len(arrived.Messages) == 1, arrived.Messages)
	check(*arrived.Messages[0].Body == "through the mapping", *arrived.Messages[0].Body)

	get := &lambda.GetEventSourceMappingInput{UUID: mapping.UUID}
	for *must(client.GetEventSourceMapping(ctx, get)).State != "Enabled" {
		time.Sleep(20 * time.Millisecond)
	}
	must(client.DeleteEventSourceMapping(ctx, &lambda.DeleteEventSourceMappingInput{
		UUID: mapping.UUID,
	}))
}
