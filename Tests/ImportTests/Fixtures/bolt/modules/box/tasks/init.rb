#!/opt/puppetlabs/puppet/bin/ruby
# frozen_string_literal: true

require "json"
params = JSON.parse(STDIN.read)
puts params["timeout"].to_i
