<?php
// What a panel in PHP says to forwardresolve watch: a line of JSON over a Unix socket, and a line back.
//
//   php watch.php preview sales@example.net sales@gmail.example
//   php watch.php push sales@example.net sales@gmail.example

declare(strict_types=1);

const SOCKET = '/run/forwardresolve/watch/socket';

/** Ask watch something; null where it does not answer: save the change all the same. */
function ask_watch(array $request): ?array
{
    $path = getenv('FORWARDRESOLVE_SOCKET') ?: SOCKET;
    $way = @stream_socket_client("unix://$path", $code, $message, 1.0);
    if ($way === false) {
        return null;
    }
    stream_set_timeout($way, 1);
    fwrite($way, json_encode($request) . "\n");
    $line = stream_get_line($way, 0, "\n");
    fclose($way);
    return is_string($line) ? json_decode($line, true) : null;
}

/** A forwarding as it is from now on. */
function forwarding(string $source, string $destinations): array
{
    return ['record' => 'forward', 'source' => $source, 'destinations' => $destinations];
}

if (PHP_SAPI === 'cli' && isset($argv[3])) {
    [, $verb, $source, $destinations] = $argv;
    $answer = ask_watch(['ask' => $verb, 'changes' => [forwarding($source, $destinations)]]);
    if ($answer === null) {
        echo "watch does not answer\n";
    } elseif (!$answer['ok']) {
        echo "This cannot be saved: {$answer['error']}\n";
    } else {
        foreach ($answer['delta']['addresses']['appear'] as $address) {
            echo "Spam to $address will be refused from now on.\n";
        }
    }
}
