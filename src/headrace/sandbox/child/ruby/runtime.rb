# frozen_string_literal: true

# Load a function's handler and call it for each event: the Ruby runtime.
#
# Standard library only; Ruby 3.1 and later. Executed as `ruby runtime.rb <socket>` inside the
# fences of an environment. Behaves as AWS's runtime does where a function or its caller can see
# it (spec/lambda.md 2.2, 3.6, 5). Frames as in `../runtime.py`.

require "json"
require "socket"
require "stringio"

module Headrace
  # The largest result, in bytes (spec/lambda.md 2.1, I4).
  RESULT_BYTES_MAX = 6_291_556
  FORM = "Invalid handler %s, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD where " \
         "FILENAME corresponds with an existing Ruby source file FILENAME.rb, CLASS is an optional " \
         "module/class namespace and METHOD is a callable method. If using CLASS, METHOD must be a " \
         "class-level method."

  # What a handler learns about its event.
  class Context
    attr_reader :aws_request_id, :invoked_function_arn, :deadline_ms, :client_context, :identity,
                :function_name, :function_version, :memory_limit_in_mb, :log_group_name,
                :log_stream_name

    def initialize(header)
      @aws_request_id = header["id"]
      @invoked_function_arn = header["arn"]
      @deadline_ms = header["deadline_ms"]
      text = header["client_context"].to_s
      @client_context = text.empty? ? nil : JSON.parse(text)
      @identity = nil
      @function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
      @function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
      @memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"].to_i
      @log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
      @log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]
    end

    def get_remaining_time_in_millis
      [@deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond), 0].max
    end
  end

  # Frames over a socket: body length (u32, little-endian), header length (u16), header, body.
  class Connection
    def initialize(descriptor)
      @socket = UNIXSocket.for_fd(descriptor)
      @socket.close_on_exec = true
    end

    # Returns the next header and its body; nil at the end.
    def receive
      prefix = @socket.read(6)
      return nil if prefix.nil? || prefix.bytesize < 6

      body_size, header_size = prefix.unpack("L<S<")
      header = JSON.parse(@socket.read(header_size))
      body = body_size.zero? ? +"" : @socket.read(body_size)
      [header, body]
    end

    def send(header, body = "")
      text = JSON.generate(header.merge("peak_kb" => peak_kb))
      @socket.write([body.bytesize, text.bytesize].pack("L<S<"), text, body)
    end

    private

    def peak_kb
      File.foreach("/proc/self/status") do |line|
        return line.split[1].to_i if line.start_with?("VmHWM:")
      end
      0
    end
  end

  # The method that a handler's name means.
  module Handlers
    module_function

    # Returns something that can be called with event: and context:.
    def load(name, task)
      file, *names = name.split(".")
      raise ArgumentError, format(FORM, name) unless file && [1, 2].include?(names.size)

      require File.expand_path(file, task)
      return main_method(names[0].to_sym) if names.size == 1

      Kernel.const_get(names[0]).public_method(names[1].to_sym)
    end

    # Methods that a file defines at its top are private ones of Object.
    def main_method(name)
      TOPLEVEL_BINDING.receiver.method(name)
    end
  end

  # Errors as documents, without the frames of this file.
  module Faults
    module_function

    def describe(error, where)
      {
        "errorMessage" => error.message.dup.force_encoding("UTF-8").scrub,
        "errorType" => "#{where}<#{error.class}>",
        "stackTrace" => (error.backtrace || []).reject { |line| line.start_with?(__FILE__) }
      }
    end

    # Writes one event of the log, in a frame (spec/lambda.md 3.5).
    def log(document, message)
      text = "#{message}\n#{JSON.pretty_generate(document)}".b
      micros = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
      $stdout.write([0xA55A0003, text.bytesize, micros].pack("NNQ>") + text)
    end
  end

  # One environment's life.
  class Runtime
    def initialize(descriptor)
      @connection = Connection.new(descriptor)
    end

    def run
      handler = load
      @connection.send({ "kind" => "ready" })
      while (frame = @connection.receive)
        serve(handler, *frame)
      end
    end

    private

    def load
      Handlers.load(ENV["_HANDLER"].to_s, ENV.fetch("LAMBDA_TASK_ROOT", "/var/task"))
    rescue SystemExit, SignalException
      raise
    rescue Exception => e # rubocop:disable Lint/RescueException - a syntax error is one
      document = Faults.describe(e, "Init")
      Faults.log(document, "Init error when loading handler #{ENV['_HANDLER']}")
      @connection.send({ "kind" => "init_error", "type" => document["errorType"] },
                       JSON.generate(document))
      exit!(1)
    end

    def serve(handler, header, body)
      trace(header["trace"].to_s)
      text = encode(handler.call(event: JSON.parse(body), context: Context.new(header)))
      if text.bytesize > RESULT_BYTES_MAX
        @connection.send({ "kind" => "too_large" })
      else
        @connection.send({ "kind" => "result" }, text)
      end
    rescue SystemExit, SignalException
      raise
    rescue Exception => e # rubocop:disable Lint/RescueException - whatever a handler raises
      document = Faults.describe(e, "Function")
      Faults.log(document, "Error raised from handler method")
      @connection.send({ "kind" => "error", "type" => document["errorType"] },
                       JSON.generate(document))
    end

    def encode(result)
      return result.read.b if result.is_a?(StringIO) || result.is_a?(IO)

      result.to_json
    end

    def trace(header)
      if header.empty?
        ENV.delete("_X_AMZN_TRACE_ID")
      else
        ENV["_X_AMZN_TRACE_ID"] = header
      end
    end
  end
end

Encoding.default_external = Encoding::UTF_8
$stdout.sync = true
$stderr.sync = true
descriptor = Integer(ARGV.shift)
$PROGRAM_NAME = "ruby"
Headrace::Runtime.new(descriptor).run
