#!/opt/puppetlabs/puppet/bin/ruby
puts STDIN.read
