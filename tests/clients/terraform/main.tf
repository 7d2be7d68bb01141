terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "endpoint" { type = string }
variable "change" {
  type    = bool
  default = false
}

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "111122223333"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
  endpoints {
    iam    = var.endpoint
    lambda = var.endpoint
    logs   = var.endpoint
    s3     = var.endpoint
    sqs    = var.endpoint
    sts    = var.endpoint
  }
}

data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "send" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead.arn]
  }
}

resource "aws_sqs_queue" "dead" {
  name                      = "orders-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "orders" {
  name                       = "orders"
  visibility_timeout_seconds = var.change ? 45 : 30
  receive_wait_time_seconds  = 5
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.change ? 5 : 3
  })
  tags = { team = var.change ? "b" : "a" }
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.orders.arn]
  })
}

resource "aws_sqs_queue_policy" "orders" {
  queue_url = aws_sqs_queue.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "send"
      Effect    = "Allow"
      Principal = { AWS = data.aws_caller_identity.me.account_id }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.orders.arn
    }]
  })
}

resource "aws_iam_role" "worker" {
  name               = "worker"
  description        = var.change ? "works harder" : "works"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = { team = "a" }
}

resource "aws_iam_role_policy" "send" {
  name   = "send"
  role   = aws_iam_role.worker.id
  policy = data.aws_iam_policy_document.send.json
}

resource "aws_iam_policy" "more" {
  name   = "more"
  policy = data.aws_iam_policy_document.send.json
}

resource "aws_iam_role_policy_attachment" "basic" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}

resource "aws_iam_role_policy_attachment" "more" {
  role       = aws_iam_role.worker.name
  policy_arn = aws_iam_policy.more.arn
}

resource "aws_lambda_layer_version" "shared" {
  layer_name          = "shared"
  filename            = "layer.zip"
  source_code_hash    = filebase64sha256("layer.zip")
  compatible_runtimes = ["python3.11"]
}

resource "aws_lambda_function" "worker" {
  function_name    = "worker"
  role             = aws_iam_role.worker.arn
  runtime          = "python3.11"
  handler          = "main.handle"
  filename         = "code.zip"
  source_code_hash = filebase64sha256("code.zip")
  timeout          = 5
  memory_size      = var.change ? 256 : 128
  publish          = true
  layers           = [aws_lambda_layer_version.shared.arn]
  environment {
    variables = { MODE = var.change ? "two" : "one" }
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead.arn
  }
  reserved_concurrent_executions = 10
  tags                           = { team = "a" }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = var.change ? "newer" : "new"
  function_name    = aws_lambda_function.worker.function_name
  function_version = aws_lambda_function.worker.version
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_function.worker.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = var.change ? 2 : 1
}

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn                   = aws_sqs_queue.orders.arn
  function_name                      = aws_lambda_alias.live.arn
  batch_size                         = 10
  maximum_batching_window_in_seconds = var.change ? 1 : 0
  function_response_types            = ["ReportBatchItemFailures"]
  scaling_config {
    maximum_concurrency = var.change ? 3 : 2
  }
  filter_criteria {
    filter {
      pattern = jsonencode({ body = { kind = ["order"] } })
    }
  }
  tags = { team = "a" }
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/aws/lambda/worker"
  retention_in_days = var.change ? 14 : 7
  tags              = { team = "a" }
}

resource "aws_lambda_permission" "rule" {
  statement_id  = "rule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.worker.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "events.amazonaws.com"
  source_arn    = "arn:aws:events:eu-west-1:111122223333:rule/hourly"
}

resource "aws_lambda_function_event_invoke_config" "worker" {
  function_name                = aws_lambda_function.worker.function_name
  maximum_event_age_in_seconds = var.change ? 120 : 60
  maximum_retry_attempts       = 1
  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead.arn
    }
  }
}

resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_function.worker.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = "NONE"
  cors {
    allow_origins = ["*"]
    max_age       = var.change ? 10 : 5
  }
}

resource "aws_s3_bucket" "code" {
  bucket = "code-of-worker"
}

resource "aws_s3_object" "code" {
  bucket = aws_s3_bucket.code.id
  key    = "worker.zip"
  source = "code.zip"
  etag   = filemd5("code.zip")
}
