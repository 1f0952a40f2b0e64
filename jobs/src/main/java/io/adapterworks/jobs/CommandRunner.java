package io.adapterworks.jobs;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** Runs a command line and turns its failures into messages and exit codes. */
final class CommandRunner {
  private CommandRunner() {}

  static int execute(Object command, String... arguments) {
    CommandLine line = new CommandLine(command);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(CommandRunner::report);
    return line.execute(arguments);
  }

  private static int report(Exception failure, CommandLine line, ParseResult parsed) {
    PrintWriter err = line.getErr();
    if (failure instanceof AdapterworksException known) {
      err.println(line.getCommandName() + ": " + known.getMessage());
      err.flush();
      return known.code().exitCode();
    }
    failure.printStackTrace(err);
    err.flush();
    return failure instanceof CommandLine.ParameterException ? ErrorCode.USAGE.exitCode() : 1;
  }
}
